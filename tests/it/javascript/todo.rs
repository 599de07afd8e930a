//! The example `todo-js`.

use serde_json::{Value, json};

use crate::support::{Actor, Client, Server, actors_root, get};

fn hear(client: &mut Client) -> Value {
    serde_json::from_str(client.next().to_text().unwrap()).unwrap()
}

#[test]
fn a_list_of_things_to_do_is_the_same_for_all_and_is_there_as_json() {
    let file = actors_root().join("examples/todo-js/todo.js");
    let server = Server::of(Actor::file("todo-js", file).http());
    let (mut ann, mut bob) = (server.client("todo-js"), server.client("todo-js"));
    for client in [&mut ann, &mut bob] {
        assert_eq!(hear(client), json!({ "all": [] }));
    }
    ann.text(r#"{"add":" buy milk "}"#);
    let all = hear(&mut bob);
    let milk = &all["all"][0];
    assert_eq!((&milk["text"], &milk["done"]), (&json!("buy milk"), &json!(false)));
    ann.text(r#"{"add":"sleep"}"#);
    assert_eq!(hear(&mut bob)["all"].as_array().unwrap().len(), 2);
    bob.text(&json!({ "toggle": milk["id"] }).to_string());
    let done =
        hear(&mut bob)["all"].as_array().unwrap().iter().filter(|one| one["done"] == true).count();
    assert_eq!(done, 1);
    let address = server.address("todo-js");
    assert!(get(address, "/todo.json").contains(r#""text":"buy milk","done":true"#));
    assert!(get(address, "/").starts_with("HTTP/1.1 404"));
    bob.text(&json!({ "remove": milk["id"] }).to_string());
    let left = hear(&mut bob);
    assert_eq!(
        (left["all"].as_array().unwrap().len(), &left["all"][0]["text"]),
        (1, &json!("sleep"))
    );
}
