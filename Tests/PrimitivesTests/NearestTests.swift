import Primitives
import TestSupport
import Testing

@Suite("Nearest word")
struct NearestTests {
    private static let keys = ["data_dir", "log", "store", "gateway", "model", "provider", "listen", "name"]

    @Test(
        "a typo finds the intended word",
        arguments: [
            ("provder", "provider"), ("modle", "model"), ("Gateway", "gateway"), ("data-dir", "data_dir"),
            ("lisen", "listen"), ("lgo", "log"), ("nmae", "name"),
        ])
    func slip(_ word: String, meant: String) {
        expectEqual(nearest(to: word, among: Self.keys), meant)
    }

    @Test("a different word finds nothing", arguments: ["", "zzz", "certificate", "x"])
    func different(_ word: String) {
        expectEqual(nearest(to: word, among: Self.keys), nil)
    }

    @Test("a very long word is as cheap as a long one")
    func long() {
        expectEqual(nearest(to: String(repeating: "a", count: 1_000_000), among: Self.keys), nil)
    }
}
