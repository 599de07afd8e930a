//! Tests with real folders, files and links.

use std::os::unix::fs::{PermissionsExt as _, symlink};

use tempfile::TempDir;

use super::*;

/// A manifest in a folder, with these lines in its listener's `config` and at its end.
fn manifest(folder: &Path, config: &str, end: &str) -> Manifest {
    let text = format!(
        "name = 'a'\ncomponent_path = 'a.wasm'\n[[handlers]]\ntype = 'websocket-server'\n\
         [handlers.config]\nport = 0\n{config}\n{end}"
    );
    Manifest::parse(&folder.join("manifest.toml"), &text).unwrap()
}

/// The mistakes of a manifest alone, as texts without the name of the folder.
fn said(folder: &TempDir, config: &str, end: &str, data: Option<&str>) -> Vec<String> {
    let data = data.map(|name| folder.path().join(name));
    let manifest = manifest(folder.path(), config, end);
    let mistakes = mistakes(&manifest, &[], data.as_deref());
    let prefix = format!("{}/", folder.path().display());
    mistakes.iter().map(|mistake| mistake.to_string().replace(&prefix, "")).collect()
}

/// A handler for a folder.
fn granted(path: &str) -> String {
    format!("[[handlers]]\ntype = 'filesystem'\nconfig = {{ path = '{path}' }}\n")
}

#[test]
fn only_an_explicit_durability_needs_a_data_folder() {
    let folder = tempfile::tempdir().unwrap();
    let with = |durability: &str, data| {
        said(&folder, "", &format!("[storage]\ndurability = '{durability}'\n"), data)
    };
    for durability in ["strict", "relaxed"] {
        let text = format!(
            "manifest.toml: storage.durability: \"{durability}\" needs a data folder; give --data \
             DIR, or write StateDirectory= in the systemd unit, or remove the key"
        );
        assert_eq!(with(durability, None), [text]);
        assert!(with(durability, Some("data")).is_empty());
    }
    assert!(with("none", None).is_empty());
    assert!(said(&folder, "", "", None).is_empty());
}

#[test]
fn a_folder_that_contains_the_store_or_lies_in_it_is_a_mistake_through_links_too() {
    let folder = tempfile::tempdir().unwrap();
    let at = |name: &str| folder.path().join(name);
    for name in ["data/store/inside", "data/beside", "data-files", "links"] {
        fs::create_dir_all(at(name)).unwrap();
    }
    symlink("../data/store", at("links/store")).unwrap();
    symlink(at("data"), at("links/data")).unwrap();
    symlink("../data/beside", at("links/beside")).unwrap();
    let around = ["data", "data/store", ".", "/", "links/store", "links/data", "links/.."];
    let reaching = around.map(|path| (path, "contains"));
    let lies_in = [("data/store/inside", "lies in"), ("links/store/inside", "lies in")];
    for (path, how) in reaching.into_iter().chain(lies_in) {
        for data in ["data", "links/data"] {
            let shown = folder.path().join(path);
            let shown = shown.display().to_string();
            let shown = shown.replace(&format!("{}/", folder.path().display()), "");
            let rest = format!(
                "{shown} {how} {data}/store, where the host keeps the state of all actors; write \
                 another folder, or give another --data"
            );
            let of_actor = format!("manifest.toml: `path` of a `filesystem` handler: {rest}");
            assert_eq!(said(&folder, "", &granted(path), Some(data)), [of_actor]);
            let of_clients = format!("manifest.toml: `static`: {rest}");
            let config = format!("static = '{path}'");
            assert_eq!(said(&folder, &config, "", Some(data)), [of_clients]);
        }
    }
    for path in ["data/beside", "data-files", "links", "links/beside", "missing"] {
        assert!(said(&folder, "", &granted(path), Some("data")).is_empty(), "{path}");
    }
}

#[test]
fn the_place_of_a_store_that_is_not_there_yet_is_guarded_too() {
    let folder = tempfile::tempdir().unwrap();
    assert_eq!(said(&folder, "", &granted("."), Some("new")).len(), 1);
    fs::create_dir(folder.path().join("new")).unwrap();
    assert_eq!(said(&folder, "", &granted("new"), Some("new")).len(), 1);
}

#[test]
fn a_data_folder_is_made_for_the_hosts_user_alone_and_only_in_a_folder_that_exists() {
    let folder = tempfile::tempdir().unwrap();
    let data = folder.path().join("data");
    assert!(said(&folder, "", "", Some("data")).is_empty());
    assert!(!data.exists(), "looking made it");
    make(&data).unwrap();
    assert_eq!(fs::metadata(&data).unwrap().permissions().mode() & 0o7777, 0o700);
    // An existing folder stays as it is.
    fs::set_permissions(&data, fs::Permissions::from_mode(0o750)).unwrap();
    make(&data).unwrap();
    assert_eq!(fs::metadata(&data).unwrap().permissions().mode() & 0o7777, 0o750);

    let text = "no/data: cannot be the data folder: No such file or directory (os error 2); give \
                --data a folder, or a new one in a folder that exists";
    assert_eq!(said(&folder, "", "", Some("no/data")), [text]);
    let error = make(&folder.path().join("no/data")).unwrap_err().to_string();
    assert!(error.ends_with(text), "{error}");
    fs::write(folder.path().join("file"), "").unwrap();
    let [text] = &said(&folder, "", "", Some("file"))[..] else { panic!() };
    assert!(text.starts_with("file: cannot be the data folder: not a directory;"), "{text}");
}

#[test]
fn a_mistake_of_the_data_folder_is_told_once() {
    let folder = tempfile::tempdir().unwrap();
    let manifest = manifest(folder.path(), "", "");
    let data = folder.path().join("no/data");
    let Err(errors) = check(&[manifest.clone(), manifest], Some(&data)) else {
        panic!();
    };
    assert_eq!(errors.len(), 1);
}

#[test]
fn a_secret_in_a_static_folder_of_any_actor_is_a_mistake_through_links_too() {
    let folder = tempfile::tempdir().unwrap();
    let at = |name: &str| folder.path().join(name);
    for name in ["page/deep", "secrets"] {
        fs::create_dir_all(at(name)).unwrap();
    }
    fs::write(at("page/deep/token"), "").unwrap();
    fs::write(at("secrets/token"), "").unwrap();
    symlink("../page/deep/token", at("secrets/link")).unwrap();
    symlink("page", at("other-name")).unwrap();
    for token in ["page/deep/token", "secrets/link", "other-name/deep/token"] {
        for page in ["page", "page/deep", "other-name", "."] {
            let config = format!("token_file = '{token}'\nstatic = '{page}'\n");
            let [text] = &said(&folder, &config, "", None)[..] else { panic!("{config}") };
            let begin = format!("manifest.toml: `token_file`: {token} lies in ");
            assert!(text.starts_with(&begin), "{text}");
            let end = "the `static` folder of manifest.toml, so clients could read it; move it to \
                       another folder";
            assert!(text.ends_with(end), "{text}");
        }
    }
    for (token, page) in [("secrets/token", "page"), ("missing", "page"), ("page/deep/token", "no")]
    {
        let config = format!("token_file = '{token}'\nstatic = '{page}'\n");
        assert!(said(&folder, &config, "", None).is_empty(), "{config}");
    }

    // It does not matter which of two actors comes first.
    let secret = manifest(folder.path(), "token_file = 'page/deep/token'", "");
    let page = manifest(folder.path(), "static = 'page'", "");
    for both in [[secret.clone(), page.clone()], [page, secret]] {
        let Err(errors) = check(&both, None) else { panic!() };
        assert!(errors.len() == 1 && errors[0].to_string().contains("`token_file`"), "{errors:?}");
    }
}

#[test]
fn a_key_of_tls_is_such_a_secret() {
    if !cfg!(feature = "tls") {
        return;
    }
    let folder = tempfile::tempdir().unwrap();
    fs::create_dir(folder.path().join("page")).unwrap();
    fs::write(folder.path().join("page/key.pem"), "").unwrap();
    let config = "tls = { cert = 'cert.pem', key = 'page/key.pem' }\nstatic = 'page'";
    let [text] = &said(&folder, config, "", None)[..] else { panic!() };
    assert!(text.contains("`key` of `tls`: page/key.pem lies in page,"), "{text}");
}
