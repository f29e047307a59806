import Testing

@testable import Terminals

@Suite("Lines in a terminal")
struct LineEditorTests {
    @Test(
        "Tab inserts what all matching words have in common, a space after the only one, or lists them",
        arguments: [
            ("/he", "lp ", []), ("/mo", "del", []), ("/model", "", ["/model", "/models"]), ("/x", "", []), ("", "", []),
            ("hello", "", []),
        ] as [(String, String, [String])])
    func completion(typed: String, inserted: String, candidates: [String]) {
        let completion = LineCompletion(of: typed, among: ["/help", "/model", "/models"])
        #expect(completion.inserted == inserted && completion.candidates == candidates)
    }

    @Test("a pasted text keeps its lines and loses the characters that would act as keys")
    func paste() {
        #expect(EditorSession.cleaned("a\rb\r\nc\n\td\u{1B}[31m\u{3}\u{7F}\u{9B}é") == "a\nb\nc\n    d[31mé")
    }
}
