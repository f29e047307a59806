import JSON
import Matrix
import TestSupport
import Testing

@Suite("Matrix canonical JSON")
struct MatrixCanonicalJSONTests {
    /// The examples of the appendix "Canonical JSON".
    @Test(
        arguments: [
            ("{}", "{}"),
            (#"{ "one": 1, "two": "Two" }"#, #"{"one":1,"two":"Two"}"#),
            (#"{ "b": "2", "a": "1" }"#, #"{"a":"1","b":"2"}"#),
            (
                #"{"auth":{"success":true,"mxid":"@john.doe:example.com","profile":{"display_name":"John Doe","three_pids":[{"medium":"email","address":"john.doe@example.org"},{"medium":"msisdn","address":"123456789"}]}}}"#,
                #"{"auth":{"mxid":"@john.doe:example.com","profile":{"display_name":"John Doe","three_pids":[{"address":"john.doe@example.org","medium":"email"},{"address":"123456789","medium":"msisdn"}]},"success":true}}"#
            ),
            (#"{"a": "日本語"}"#, #"{"a":"日本語"}"#),
            (#"{"本": 2, "日": 1}"#, #"{"日":1,"本":2}"#),
            (#"{"a": "日"}"#, #"{"a":"日"}"#),
            (#"{"a": null}"#, #"{"a":null}"#),
            (#"{"a": -0, "b": 1e10}"#, #"{"a":0,"b":10000000000}"#),
        ])
    func examples(_ text: String, _ canonical: String) throws {
        expectEqual(String(decoding: try JSON.parse(text).matrixCanonicalBytes, as: UTF8.self), canonical)
    }

    @Test("keys are sorted by code points, not by UTF-16")
    func order() {
        let json: JSON = ["\u{1F436}": 1, "\u{FF5E}": 2]
        expectEqual(String(decoding: json.matrixCanonicalBytes, as: UTF8.self), "{\"\u{FF5E}\":2,\"\u{1F436}\":1}")
    }

    @Test("control characters are escaped as short as possible")
    func escapes() {
        let json: JSON = "\u{8}\t\n\u{C}\r\u{1}\u{1F}\u{7F}\"\\/"
        expectEqual(
            String(decoding: json.matrixCanonicalBytes, as: UTF8.self),
            "\"\\b\\t\\n\\f\\r\\u0001\\u001f\u{7F}\\\"\\\\/\"")
    }
}
