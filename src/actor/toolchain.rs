//! Finds out which toolchain has made a module, for advice that fits.
//!
//! Toolchains write their names into the custom section `producers` (`ProducersSection.md` of the
//! WebAssembly tool conventions).

use wasmparser::{BinaryReader, ImportSectionReader, ProducersSectionReader};

use super::sections::{PREAMBLE, Sections};

/// The toolchain that has made a module.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Toolchain {
    /// rustc.
    Rust,
    /// Clang, for C.
    C,
    /// Clang, for C++.
    Cpp,
    /// The Go compiler, or TinyGo.
    Go,
    /// Zig's compiler.
    Zig,
    /// `asc`.
    AssemblyScript,
    /// componentize-js or componentize-py.
    Componentize,
    /// The module does not say.
    #[default]
    Unknown,
}

/// Parts of names in the section, in lower case. A module of Rust may have parts of C, and so on:
/// the first that is found counts.
const MARKS: [(&str, Toolchain); 9] = [
    ("componentize", Toolchain::Componentize),
    ("go", Toolchain::Go),
    ("zig", Toolchain::Zig),
    ("assemblyscript", Toolchain::AssemblyScript),
    ("rust", Toolchain::Rust),
    ("c_plus_plus", Toolchain::Cpp),
    ("wit-bindgen-cpp", Toolchain::Cpp),
    ("wit-bindgen-c", Toolchain::C),
    ("clang", Toolchain::C),
];

impl Toolchain {
    /// The toolchain of a file, whose core module this is. A component tells it itself, behind its
    /// modules.
    pub fn of(file: &[u8], core: &[u8]) -> Self {
        let mut names = names_of(file);
        names.append(&mut names_of(core));
        if imports_abort(core) {
            return Self::AssemblyScript;
        }
        let found = MARKS.iter().find(|(mark, _)| {
            names.iter().any(|name| match *mark {
                "go" => name == "go" || name.starts_with("go ") || name == "tinygo",
                mark => name.contains(mark),
            })
        });
        found.map_or(Self::Unknown, |(_, toolchain)| *toolchain)
    }

    /// How to build an actor with it that this host runs.
    pub fn build(self) -> &'static str {
        match self {
            Self::Rust => {
                "build it with `cargo build --release --target wasm32-unknown-unknown`, or with \
                 `cargo component build --target wasm32-unknown-unknown`, and `crate-type = \
                 [\"cdylib\"]`"
            }
            Self::C | Self::Cpp => {
                "build it with clang for wasm32-wasi and `-mexec-model=reactor`, without threads \
                 and sockets"
            }
            Self::Go => {
                "build it with `GOOS=wasip1 GOARCH=wasm go build -buildmode=c-shared`, without \
                 the network"
            }
            Self::Zig => {
                "build it for wasm32-freestanding, or for wasm32-wasi with `-mexec-model=reactor`"
            }
            Self::AssemblyScript => "build it with `asc --use abort=`, without WASI's shim",
            Self::Componentize => {
                "build it with componentize-js and `-d stdio random clocks http fetch-event`, so that it needs \
                 nothing of the system"
            }
            Self::Unknown => {
                "build it as a core module that has no `main` (a library or a reactor), without \
                 threads, sockets and files of WASI"
            }
        }
    }

    /// How to link an actor with a smaller stack.
    pub fn smaller_stack(self) -> &'static str {
        match self {
            Self::Rust => "link it with a smaller stack (`-C link-arg=-zstack-size=65536`)",
            Self::C | Self::Cpp | Self::Zig => {
                "link it with a smaller stack (`-Wl,-z,stack-size=65536`)"
            }
            Self::Unknown => {
                "link it with a smaller stack (`-Wl,-z,stack-size=65536` with clang and zig, `-C \
                 link-arg=-zstack-size=65536` with Rust)"
            }
            _ => "let it begin with less memory",
        }
    }
}

/// The names in the section `producers` of a module or a component.
fn names_of(file: &[u8]) -> Vec<String> {
    let mut names = Vec::new();
    for section in Sections::new(file, PREAMBLE..file.len()).map_while(Result::ok) {
        let (CUSTOM, content) = section else { continue };
        let content = file.get(content).unwrap_or_default();
        if let Some(fields) = content.strip_prefix(NAME) {
            names.append(&mut producers(fields));
        }
    }
    names
}

/// The names in the content of the section, in lower case.
fn producers(content: &[u8]) -> Vec<String> {
    let Ok(fields) = ProducersSectionReader::new(BinaryReader::new(content, 0)) else {
        return Vec::new();
    };
    let fields = fields.into_iter().map_while(Result::ok);
    let values = fields.flat_map(|field| field.values.into_iter().map_while(Result::ok));
    values.take(MOST_NAMES).map(|value| value.name.to_ascii_lowercase()).collect()
}

/// Whether a module imports what only AssemblyScript imports.
fn imports_abort(module: &[u8]) -> bool {
    let mut sections = Sections::new(module, PREAMBLE..module.len()).map_while(Result::ok);
    let imports = sections.find(|(id, _)| *id == IMPORTS).and_then(|(_, content)| {
        ImportSectionReader::new(BinaryReader::new(module.get(content)?, 0)).ok()
    });
    let mut imports = imports.into_iter().flatten().map_while(Result::ok);
    imports.any(|import| (import.module, import.name) == ("env", "abort"))
}

/// The id of the section with the imports.
const IMPORTS: u8 = 2;
/// The id of a custom section.
const CUSTOM: u8 = 0;
/// The name of the section, behind its length.
const NAME: &[u8] = b"\x09producers";
/// The most names that are read.
const MOST_NAMES: usize = 64;

#[cfg(test)]
mod tests {
    use super::*;
    use crate::actor::sections::section;

    fn of(module: &[u8]) -> Toolchain {
        Toolchain::of(module, module)
    }

    /// A module whose section has these names.
    fn module(names: &[&str]) -> Vec<u8> {
        let text = |out: &mut Vec<u8>, text: &str| {
            out.push(u8::try_from(text.len()).unwrap());
            out.extend_from_slice(text.as_bytes());
        };
        let mut content = Vec::new();
        text(&mut content, "producers");
        content.push(1);
        text(&mut content, "processed-by");
        content.push(u8::try_from(names.len()).unwrap());
        for name in names {
            text(&mut content, name);
            text(&mut content, "1.0");
        }
        let mut module = b"\0asm\x01\0\0\0".to_vec();
        section(&mut module, 0, &content);
        module
    }

    #[test]
    fn a_toolchain_is_told_by_the_names_in_the_section_producers() {
        for (names, expected) in [
            (&["wit-component", "wit-bindgen-rust"][..], Toolchain::Rust),
            (&["rustc", "clang"], Toolchain::Rust),
            (&["C_plus_plus_14", "clang"], Toolchain::Cpp),
            (&["wit-component", "wit-bindgen-c"], Toolchain::C),
            (&["Go", "Go cmd/compile"], Toolchain::Go),
            (&["ComponentizeJS", "clang", "rustc"], Toolchain::Componentize),
            (&["mangole"], Toolchain::Unknown),
            (&[], Toolchain::Unknown),
        ] {
            assert_eq!(of(&module(names)), expected, "{names:?}");
        }
        let text = r#"(module (import "env" "abort" (func (param i32 i32 i32 i32))))"#;
        assert_eq!(of(&wat::parse_str(text).unwrap()), Toolchain::AssemblyScript);
        assert_eq!(of(b""), Toolchain::Unknown);
    }

    #[test]
    fn a_component_tells_its_toolchain_itself() {
        let core = module(&["rustc", "clang"]);
        let mut component = b"\0asm\x0d\0\x01\0".to_vec();
        section(&mut component, 1, &core);
        component.extend_from_slice(&module(&["wit-component", "ComponentizeJS"])[PREAMBLE..]);
        assert_eq!(Toolchain::of(&component, &core), Toolchain::Componentize);
    }

    #[test]
    fn every_cut_of_the_section_is_no_panic() {
        let file = module(&["rustc", "clang"]);
        for len in 0..file.len() {
            of(&file[..len]);
        }
    }
}
