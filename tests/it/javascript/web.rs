//! What scripts know from browsers.

use super::{logged, thrown};

#[test]
fn texts_become_utf_8_and_back() {
    let lines = logged(
        "const encoder = new TextEncoder(), decoder = new TextDecoder();
        console.log([...encoder.encode('hé€😀\\ud800')], encoder.encode().length);
        const room = new Uint8Array(4); console.log(encoder.encodeInto('a😀', room), encoder.encodeInto('é😀', room), [...room]);
        console.log(decoder.decode(new Uint8Array([0xef, 0xbb, 0xbf, 0x68, 0xff])), decoder.decode(new Uint16Array([0x6161]).buffer), decoder.decode());
        console.log(new TextDecoder('utf8', { ignoreBOM: true }).decode(new Uint8Array([0xef, 0xbb, 0xbf])).length);
        console.log(decoder.decode(new DataView(new Uint8Array([97, 98, 99]).buffer, 1, 1)));",
    );
    assert_eq!(lines[0], "[104,195,169,226,130,172,240,159,152,128,239,191,189] 0");
    assert_eq!(lines[1], r#"{"read":1,"written":1} {"read":1,"written":2} [195,169,0,0]"#);
    assert_eq!(lines[2], "h\u{fffd} aa ");
    assert_eq!(lines[3..], ["1", "b"]);
    assert!(
        thrown("new TextDecoder('utf-8', { fatal: true }).decode(new Uint8Array([255]))")
            .contains("TypeError: the bytes are not UTF-8")
    );
    assert!(
        thrown("new TextDecoder('latin1')").contains("RangeError: TextDecoder knows utf-8 only")
    );
    assert!(
        thrown("new TextDecoder().decode('a')")
            .contains("decode takes an ArrayBuffer or a typed array")
    );
}

#[test]
fn addresses_are_taken_apart_and_put_together() {
    let lines = logged(
        "const url = new URL('https://ann:p%40ss@Example.COM:8443/a/./b/../c d?x=1&y=%C3%A9#top');
        console.log(url.href); console.log(url.origin, url.host, url.hostname, url.port, url.pathname, url.search, url.hash, url.username, url.password);
        console.log(url.searchParams.get('y'), [...url.searchParams].length);
        url.searchParams.append('z', 'a b&c'); url.hash = ''; url.port = '443'; console.log(String(url));
        for (const [address, base] of [['../x?q', 'http://a/b/c/d'], ['/x', 'http://a/b'], ['//b:80/x', 'http://a'], ['?q', 'http://a/b?c#d'],
            ['#e', 'http://a/b?c#d'], ['', 'http://a/b?c#d'], ['HTTP://A:80', undefined], ['ws://[::1]:1/..//x', undefined]])
            console.log(new URL(address, base).href);
        console.log(URL.canParse('nothing'), URL.canParse('http://a b/'), URL.canParse('http://a:99999/'), URL.canParse('ftp://a'), URL.parse('x'), JSON.stringify(new URL('http://a')));
        const params = new URLSearchParams({ a: '1', b: '2' }); params.append('a', '3 +'); params.delete('b');
        console.log(String(params), params.getAll('a'), params.has('a', '1'), params.has('b'), params.size, params.get('none'));
        params.set('a', 'x'); params.sort(); console.log(String(params), String(new URLSearchParams('?a=%zz+1&b&=c&&')), String(new URLSearchParams([['k', 'v']])));",
    );
    assert_eq!(
        lines,
        [
            "https://ann:p%40ss@example.com:8443/a/c%20d?x=1&y=%C3%A9#top",
            "https://example.com:8443 example.com:8443 example.com 8443 /a/c%20d ?x=1&y=%C3%A9 #top ann p%40ss",
            "é 2",
            "https://ann:p%40ss@example.com/a/c%20d?x=1&y=%C3%A9&z=a+b%26c",
            "http://a/b/x?q",
            "http://a/x",
            "http://b/x",
            "http://a/b?q",
            "http://a/b?c#e",
            "http://a/b?c",
            "http://a/",
            "ws://[::1]:1//x",
            r#"false false false false null "http://a/""#,
            "a=1&a=3+%2B [\"1\",\"3 +\"] true false 2 null",
            "a=x a=%25zz+1&b=&=c k=v",
        ]
    );
    assert!(thrown("new URL('nothing')").contains("TypeError: Invalid URL: nothing"));
}

#[test]
fn values_are_copied_with_what_they_share() {
    let lines = logged(
        "const shared = { n: 1 };
        const value = { a: [1, , 3], map: new Map([[shared, shared]]), set: new Set([1]), date: new Date(5), bytes: new Uint8Array([1, 2]).subarray(1),
            view: new DataView(new ArrayBuffer(3), 1), buffer: new ArrayBuffer(2), expression: /a/gi, error: new RangeError('e', { cause: 1 }), big: 1n, none: undefined, shared };
        value.self = value;
        const copy = structuredClone(value);
        console.log(copy !== value, copy.self === copy, copy.map.get(copy.shared) === copy.shared, copy.shared !== shared);
        console.log(copy.a.length, 1 in copy.a, copy.set.has(1), copy.date.getTime(), copy.bytes[0], copy.bytes.buffer.byteLength, copy.view.byteLength, copy.buffer.byteLength);
        console.log(String(copy.expression), copy.error.name, copy.error.message, copy.error.cause, copy.big, 'none' in copy, structuredClone('text'));",
    );
    assert_eq!(
        lines,
        ["true true true true", "3 false true 5 2 2 2 2", "/a/gi RangeError e 1 1n true text"]
    );
    assert!(thrown("structuredClone(() => 1)").contains("structuredClone can't copy a function"));
    assert!(
        thrown("structuredClone({ s: Symbol() })").contains("structuredClone can't copy a symbol")
    );
    assert!(thrown("structuredClone(client)").contains("can't copy a promise or a client"));
}

#[test]
fn random_bytes_base_64_and_microtasks_are_there() {
    let lines = logged(
        "const bytes = crypto.getRandomValues(new Uint8Array(16)); console.log(bytes.some((byte) => byte !== 0));
        const words = new Uint32Array(4); console.log(crypto.getRandomValues(words.subarray(2)).length, words[0], words[1]);
        console.log(btoa('héllo'), atob('aMOp'), atob(btoa('\\x00\\xff')).length);
        queueMicrotask(() => console.log('later')); console.log('now');",
    );
    assert_eq!(lines, ["true", "2 0 0", "aOlsbG8= hÃ© 2", "now", "later"]);
    assert!(
        thrown("crypto.getRandomValues(new Uint8Array(65537))").contains("at most 65,536 bytes")
    );
    assert!(
        thrown("crypto.getRandomValues(new Float64Array(1))").contains("a typed array of integers")
    );
    assert!(thrown("crypto.getRandomValues([])").contains("a typed array of integers"));
}
