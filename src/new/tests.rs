use super::*;
use crate::manifest::Manifest;

/// The manifest of a project with this name, if the name is valid.
fn manifest(name: &str) -> Result<Manifest, String> {
    let folder = tempfile::tempdir().unwrap();
    let folder = folder.path().join("project");
    let project =
        Project::new(&folder, Some(name), None, None).map_err(|error| error.to_string())?;
    project.write().map_err(|error| error.to_string())?;
    Manifest::load(&folder).map_err(|error| error.to_string())
}

#[test]
fn every_valid_name_makes_a_manifest_that_loads() {
    let longest = "x".repeat(MAX_NAME);
    for name in ["a", "chat-room", "chat_room", "x2", "match", longest.as_str()] {
        let manifest = manifest(name).unwrap();
        assert_eq!(manifest.name, name);
        let module = name.replace('-', "_") + ".wasm";
        assert!(manifest.component.ends_with(module), "{manifest:?}");
    }
}

#[test]
fn other_names_are_refused_with_the_rule() {
    let too_long = "x".repeat(MAX_NAME + 1);
    for name in ["", "2x", "-x", "_x", "Hello", "a b", "a.b", "ä", "footlight", &too_long] {
        let error = manifest(name).unwrap_err();
        assert!(error.contains("1 to 64 lower-case ASCII letters, digits"), "{error}");
    }
}

#[test]
fn the_names_of_the_template_are_replaced_in_every_file() {
    for template in TEMPLATES.iter().map(Some).chain([None]) {
        let folder = tempfile::tempdir().unwrap();
        let project =
            Project::new(folder.path(), Some("chat-room"), template.copied(), None).unwrap();
        project.write().unwrap();
        let manifest = Manifest::load(folder.path()).unwrap();
        assert_eq!(manifest.name, "chat-room");
        let files = project.files();
        for needed in ["Cargo.toml", ".cargo/config.toml", "src/lib.rs", "src/bindings.rs"] {
            assert_eq!(files.iter().filter(|(place, _)| place == needed).count(), 1);
        }
        for (place, _) in files {
            let text = fs::read_to_string(folder.path().join(&place)).unwrap();
            assert!(!text.contains(NAME) && !text.contains(LIBRARY), "{place}: {text}");
        }
    }
}

#[test]
fn each_template_in_javascript_has_its_script_its_manifest_its_page_and_the_types() {
    for template in TEMPLATES {
        let folder = tempfile::tempdir().unwrap();
        let language = Some("javascript");
        let project =
            Project::new(folder.path(), Some("chat-room"), Some(template), language).unwrap();
        project.write().unwrap();
        let manifest = Manifest::load(folder.path()).unwrap();
        assert_eq!((&*manifest.name, manifest.build), ("chat-room", None));
        let mut places: Vec<_> = project.files().into_iter().map(|(place, _)| place).collect();
        places.sort_unstable();
        assert_eq!(
            places,
            ["actor.js", "footlight.d.ts", "jsconfig.json", "manifest.toml", "page/index.html"]
        );
        for place in places {
            let text = fs::read_to_string(folder.path().join(&place)).unwrap();
            assert!(!text.contains(NAME) && !text.contains(LIBRARY), "{place}: {text}");
        }
    }
}

#[test]
fn an_unknown_template_is_refused_with_those_that_there_are() {
    let refused =
        |name| Project::new(Path::new("x"), None, Some(name), None).unwrap_err().to_string();
    assert_eq!(refused("count"), "there is no template \"count\": did you mean \"counter\"?");
    let all = "there is no template \"hello\": use one of counter, rooms, dashboard, api";
    assert_eq!(refused("hello"), all);
}

#[test]
fn each_language_has_a_counter_with_its_manifest_its_sources_and_the_page() {
    for (language, source) in [
        ("rust", "src/lib.rs"),
        ("javascript", "actor.js"),
        ("c", "src/actor.c"),
        ("assemblyscript", "assembly/actor.ts"),
        ("go", "src/actor.go"),
        ("zig", "src/actor.zig"),
    ] {
        let folder = tempfile::tempdir().unwrap();
        let at = folder.path();
        let project = Project::new(at, Some("my-actor"), None, Some(language)).unwrap();
        project.write().unwrap();
        let manifest = Manifest::load(at).unwrap();
        let module = if language == "javascript" { source } else { "my_actor.wasm" };
        assert!(manifest.component.ends_with(module), "{manifest:?}");
        let steps = project.next_steps();
        match manifest.build {
            Some(build) => {
                let step = format!("\n    {}  # needs: ", build.command);
                assert!(steps.contains(&step), "{steps}{step}");
            }
            None => assert!(!steps.contains("needs: ") && !steps.contains("builds it"), "{steps}"),
        }
        let mut places: Vec<_> = project.files().into_iter().map(|(place, _)| place).collect();
        for needed in [source, "page/index.html", "manifest.toml"] {
            assert_eq!(places.iter().filter(|place| *place == needed).count(), 1, "{needed}");
        }
        for place in &places {
            let text = fs::read_to_string(at.join(place)).unwrap();
            assert!(!text.contains(NAME) && !text.contains(LIBRARY), "{place}: {text}");
        }
        if language != "rust" {
            places.retain(|place| place.ends_with(".rs") || place.ends_with("Cargo.toml"));
            assert!(places.is_empty(), "{places:?}");
        }
    }
}

#[test]
fn an_unknown_language_and_a_template_that_it_does_not_have_are_refused() {
    let new = |template, language| Project::new(Path::new("x"), None, template, Some(language));
    let refused = |template, language| new(template, language).unwrap_err().to_string();
    let misspelt = "there is no language \"asemblyscript\": did you mean \"assemblyscript\"?";
    assert_eq!(refused(None, "asemblyscript"), misspelt);
    assert_eq!(
        refused(None, "python"),
        "there is no language \"python\": use one of rust, javascript, c, assemblyscript, go, zig"
    );
    assert_eq!(
        refused(None, ""),
        "there is no language \"\": use one of rust, javascript, c, assemblyscript, go, zig"
    );
    assert_eq!(refused(None, "js"), "there is no language \"js\": use javascript");
    assert!(refused(None, "TypeScript").contains("use javascript, whose footlight.d.ts"));
    assert_eq!(
        refused(Some("rooms"), "go"),
        "in go there is only the counter; leave out --template, or write --lang rust or --lang javascript"
    );
    for language in ["rust", "javascript"] {
        assert!(new(Some("rooms"), language).is_ok());
    }
}

#[test]
fn the_step_into_the_folder_can_be_pasted() {
    assert_eq!(pasteable("path/to/chat-room"), "path/to/chat-room");
    assert_eq!(pasteable("it's here"), r"'it'\''s here'");
    assert_eq!(pasteable("-x"), "./-x");
}
