import TestSupport
import Testing

@testable import Agent

@Suite("Regular expressions", .timeLimit(.minutes(1)))
struct LinePatternTests {
    private static func end(_ regex: String, _ line: String) throws -> Int? {
        var steps = 10_000_000
        return try LinePattern(regex: regex).end(in: Array(line.utf8)[...], steps: &steps)
    }

    @Test(
        "What matches",
        arguments: [
            ("abc", "xabcx", true), ("abc", "ab", false), ("a.c", "a€c", true), ("a.c", "ac", false),
            ("^abc$", "abc", true), ("^abc$", "abcd", false), ("^$", "", true), ("a|b|", "", true),
            ("^(foo|bar)+$", "foobarfoo", true), ("^(foo|bar)+$", "foobaz", false), ("ab?c", "ac", true),
            ("^a{2,3}$", "aaa", true), ("^a{2,3}$", "aaaa", false), ("^a{2}$", "aa", true), ("^a{2,}$", "aaaaa", true),
            ("a{x}", "a{x}", true), ("v{-1}", "v{-1}", true), ("a{-1,5}", "a{-1,5}", true),
            (#"\d+\.\d*"#, "v1.25", true), (#"\bif\b"#, "elif x", false),
            (#"\bif\b"#, "(if x)", true), (#"\Bb"#, "ab", true), ("[a-c]+x", "zbcx", true), ("[^a-c]x", "ax", false),
            ("[]a]", "]", true), ("[a-]", "-", true), (#"[\d_]z"#, "_z", true), (#"[\w-]+@\w"#, "a-b@c", true),
            ("(?i)größe", "GRÖSSE GRÖßE", true), ("(?i)[a-z]X", "Qx", true), (#"\x41\u00e4"#, "Aä", true),
            (#"func\s+\w+\("#, "  func  name(x", true), ("(?:ab)+c", "ababc", true), ("(?P<n>a)b", "ab", true),
            ("(?<n>a)b", "ab", true), ("a*?b", "aab", true), ("", "anything", true), (".*", "", true),
            (#"\(\)"#, "()", true),
            ("((a)|b)*c", "abac", true), ("(a*)*b", "aaac", false), ("x*", "y", true),
        ])
    func matches(_ regex: String, _ line: String, _ isMatch: Bool) throws {
        #expect(try (Self.end(regex, line) != nil) == isMatch)
    }

    @Test(
        "What is refused",
        arguments: [
            ("(", "a ) is missing"), (")", "without its ("), ("[a", "a ] is missing"), ("*a", "nothing to repeat"),
            (#"(a)\1"#, "backreferences"), ("(?=a)", "lookaround"), ("(?<!a)b", "lookaround"), (#"\p{L}"#, #"\p"#),
            ("a{2000}", "over 1000"), ("[z-a]", "upside down"), (#"a\"#, "backslash"), ("((a{900}){900})", "too large"),
            ("((((){1000}){1000}){1000}){1000}", "too large"),
            ("(((a{0}){1000}){1000}){1000}", "too large"),
            (String(repeating: "(", count: 60), "too deep"), (#"\q"#, "unknown"), ("[[:alpha:]]", "not possible"),
        ])
    func refused(_ regex: String, _ text: String) {
        do {
            _ = try LinePattern(regex: regex)
            Issue.record("no failure")
        } catch { #expect(error.text.contains(text), "\(error.text)") }
    }

    @Test("Patterns that take for ever elsewhere do not here")
    func linear() throws {
        let line = String(repeating: "a", count: 5_000)
        #expect(try Self.end("(a+)+$b", line) == nil)
        #expect(try Self.end("(a|a)*b", line) == nil)
        #expect(try Self.end("(a?){50}a{50}", String(repeating: "a", count: 50)) != nil)
        var steps = 100
        #expect(try LinePattern(regex: "b").end(in: Array(line.utf8)[...], steps: &steps) == nil)
        #expect(steps <= 0)
    }

    @Test("What a match must contain")
    func required() throws {
        #expect(try LinePattern(regex: "func name").required == Array("func name".utf8))
        #expect(try LinePattern(regex: #"\s+(class|struct) Name\b"#).required == Array(" Name".utf8))
        #expect(try LinePattern(regex: "(abc)+d").required == Array("abc".utf8))
        #expect(try LinePattern(regex: "(abc)?d*").required.isEmpty)
        #expect(try LinePattern(regex: "(?i)abc").required.isEmpty)
    }

    @Test("As grep -E does", arguments: 1...150)
    func grep(_ seed: Int) throws {
        var generator = SeededGenerator(state: UInt64(seed) &* 7_919)
        let pieces = ["a", "b", ".", "a*", "b+", "(ab|b)", "[ab]", "[^a]", "^", "$", "a?", "(a|)", "b{1,2}"]
        let pattern = (0..<Int.random(in: 1...6, using: &generator)).map { _ in
            pieces.randomElement(using: &generator) ?? "a"
        }
        .joined()
        let line = (0..<Int.random(in: 0...8, using: &generator)).map { _ in
            ["a", "b", "c"].randomElement(using: &generator) ?? "a"
        }
        .joined()
        let expected = try RealGit("/tmp").shell("printf '%s\\n' '\(line)' | grep -cE '\(pattern)' || true") == "1"
        #expect(try (Self.end(pattern, line) != nil) == expected, "\(pattern) on \(line)")
    }
}
