//! The languages of `footlight new --lang`, and what builds a project in each.

/// A language of `footlight new --lang`.
#[derive(Debug, PartialEq, Eq)]
pub struct Language {
    /// As the user names it. `new` has a folder of this name, except Rust, which has several.
    pub name: &'static str,
    /// Builds the project. The manifest has the same. Empty if the host runs it as it is.
    pub build: &'static str,
    /// What that needs.
    pub needs: &'static str,
    /// Whether it has all templates, and not only the counter.
    pub has_templates: bool,
}

/// The language of a project whose user names none.
pub const RUST: &Language = &Language {
    name: "rust",
    build: "cargo build --release",
    needs: "rustup target add wasm32-unknown-unknown",
    has_templates: true,
};

/// The others. `actor_name` in a command is the project's name.
const OTHERS: [Language; 5] = [
    Language { name: "javascript", build: "", needs: "", has_templates: true },
    Language { name: "c", build: "make", needs: "clang, lld, wasi-libc", has_templates: false },
    Language {
        name: "assemblyscript",
        build: "npm install --silent && npm run --silent build",
        needs: "Node.js and npm",
        has_templates: false,
    },
    Language {
        name: "go",
        build: "GOOS=wasip1 GOARCH=wasm go build -buildmode=c-shared -ldflags=-s -o actor_name.wasm ./src",
        needs: "Go 1.24 or later",
        has_templates: false,
    },
    Language {
        name: "zig",
        build: "zig build-exe src/actor.zig -target wasm32-freestanding -O ReleaseSmall -fstrip \
                -fno-entry -rdynamic --stack 16384 -femit-bin=actor_name.wasm",
        needs: "Zig 0.17",
        has_templates: false,
    },
];

/// The names of all.
pub const NAMES: &[&str] = &["rust", "javascript", "c", "assemblyscript", "go", "zig"];

/// The language of this name.
pub fn find(name: &str) -> Option<&'static Language> {
    const ALL: &[Language] = &OTHERS;
    [RUST].into_iter().chain(ALL).find(|language| language.name == name)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_name_has_its_language() {
        for name in NAMES {
            assert_eq!(find(name).unwrap().name, *name);
        }
        assert_eq!(OTHERS.len() + 1, NAMES.len());
        assert_eq!(find("python"), None);
    }
}
