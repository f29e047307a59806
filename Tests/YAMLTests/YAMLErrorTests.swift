import Testing
import YAML

@Suite("YAML errors")
struct YAMLErrorTests {
    private func error(_ text: [UInt8], limits: YAML.Limits = YAML.Limits()) -> YAMLError? {
        do throws(YAMLError) {
            _ = try YAML.parse(text, limits: limits)
            return nil
        } catch {
            return error
        }
    }

    @Test(
        "a mistake is reported with its position and in plain words",
        arguments: [
            ("a: 1\n\tb: 2\n", 2, 1, "tab"),
            ("a:\n  b: 1\n\t c: 2\n", 3, 1, "tab"),
            ("a: @x\n", 1, 4, "'@'"),
            ("a: `x`\n", 1, 4, "double quotes"),
            ("a: b: c\n", 1, 5, "':' is not expected"),
            ("a: 1\n b: 2\n", 2, 3, "indent"),
            ("a: [1, 2\nb: 3\n", 2, 2, "',' or ']'"),
            ("a: {b: 1\nc: 3\n", 2, 2, "'{'"),
            ("a: \"x\nb: 2\n", 3, 1, "closing quote"),
            ("a: - b\n", 1, 4, "'-'"),
            ("a\nb: 1\n", 2, 2, ""),
            ("- a\nb: 1\n", 2, 1, "'-'"),
        ] as [(String, Int, Int, String)])
    func syntax(_ text: String, line: Int, column: Int, says: String) throws {
        let error = try #require(self.error(Array(text.utf8)))
        #expect(error.code == .syntax)
        #expect([error.line, error.column] == [line, column], "\(error)")
        #expect(says.isEmpty || error.message.contains(says), "\(error)")
    }

    @Test(
        "unsupported features are refused",
        arguments: [
            ("a: &x 1\n", "anchors (&x)"), ("a: 1\nb: *x\n", "aliases (*x)"), ("a: !!str 1\n", "tags"),
            ("a: !exec rm\n", "tags (!exec)"), ("a: 1\n---\nb: 2\n", "second document"),
            ("{a: 1}: 2\n", "key must be a string"), ("[a]: 2\n", "key must be a string"),
        ])
    func unsupported(_ text: String, says: String) throws {
        let error = try #require(self.error(Array(text.utf8)))
        #expect(error.code == .unsupported)
        #expect(error.message.contains(says), "\(error)")
    }

    @Test("a duplicate key is refused, with both positions")
    func duplicateKey() throws {
        let error = try #require(self.error(Array("log: {}\nmodel:\n  name: a\n  name: b\n".utf8)))
        #expect(error.code == .duplicateKey)
        #expect([error.line, error.column] == [4, 3])
        #expect(error.message.contains("line 3"))
    }

    @Test("the same key in different mappings is not a duplicate")
    func sameKeyElsewhere() {
        #expect(self.error(Array("a: {n: 1}\nb: {n: 2}\n".utf8)) == nil)
    }

    @Test("invalid UTF-8 is reported with its position")
    func invalidEncoding() throws {
        let error = try #require(self.error(Array("a: 1\nb: ä".utf8) + [0xFF, 0xFE]))
        #expect([error.line, error.column] == [2, 5])
        #expect(error.message.contains("UTF-8"))
    }

    @Test("a control character is reported as such", arguments: [0x00, 0x07, 0x1B] as [UInt8])
    func controlCharacter(_ byte: UInt8) throws {
        let error = try #require(self.error(Array("a: 1\nb: x".utf8) + [byte]))
        #expect(error.message.contains("control character"), "\(error)")
        #expect([error.line, error.column] == [2, 5])
    }

    @Test("a text over the size limit is refused")
    func size() {
        #expect(self.error(Array("a: 12345".utf8), limits: YAML.Limits(bytes: 7))?.code == .tooLarge)
        #expect(self.error(Array("a: 12345".utf8), limits: YAML.Limits(bytes: 8)) == nil)
    }

    @Test("nesting has a limit, in flow and block style")
    func depth() throws {
        func flow(_ depth: Int) -> [UInt8] {
            Array((String(repeating: "[", count: depth) + String(repeating: "]", count: depth)).utf8)
        }
        #expect(self.error(flow(64)) == nil)
        #expect(self.error(flow(65))?.code == .tooLarge)
        #expect(self.error(flow(100_000))?.code == .tooLarge)
        let block = (0..<65).map { String(repeating: " ", count: $0) + "a:\n" }.joined()
        let error = try #require(self.error(Array(block.utf8)))
        #expect(error.code == .tooLarge)
        #expect(error.line == 65)
    }

    @Test("the error's description is one line")
    func description() throws {
        let error = try #require(self.error(Array("a: 1\na: 2\n".utf8)))
        #expect("\(error)" == "line 2, column 1: the key 'a' is already on line 1")
    }
}
