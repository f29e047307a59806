import Testing
import YAML

@Suite("YAML trees")
struct YAMLTreeTests {
    private func parse(_ text: String) throws -> YAMLNode { try YAML.parse(Array(text.utf8)) }

    @Test("positions count from 1, in characters, for keys and values")
    func positions() throws {
        let node = try self.parse("# first\nä: 1\nlog: {levél: info,  format: json}\nlist:\n  - a\n  - b: c\n")
        let log = try #require(node["log"])
        #expect([log.line, log.column] == [3, 6])
        let entries = try #require(log.mappingValue)
        #expect(entries.map(\.key) == ["levél", "format"])
        #expect(entries.map(\.keyColumn) == [7, 21])
        #expect(entries.map(\.keyLine) == [3, 3])
        #expect(entries.map(\.value.column) == [14, 29])
        let item = try #require(node["list"]?.sequenceValue?[1])
        #expect([item.line, item.column] == [6, 5])
        #expect(item["b"]?.column == 8)
    }

    @Test("the order of a mapping is kept")
    func order() throws {
        #expect(try self.parse("{z: 1, a: 2, m: 3}").mappingValue?.map(\.key) == ["z", "a", "m"])
    }

    @Test(
        "plain scalars follow the core schema of YAML 1.2",
        arguments: [
            ("true", true, nil, "true"), ("False", false, nil, "False"), ("yes", nil, nil, "yes"),
            ("12", nil, 12, "12"), ("-3", nil, -3, "-3"), ("0o7", nil, nil, "0o7"), ("1.5", nil, nil, "1.5"),
            ("'true'", nil, nil, "true"), ("\"12\"", nil, nil, "12"),
            ("99999999999999999999", nil, nil, "99999999999999999999"),
            ("~", nil, nil, nil), ("null", nil, nil, nil), ("'~'", nil, nil, "~"),
        ] as [(String, Bool?, Int?, String?)])
    func scalars(_ text: String, bool: Bool?, int: Int?, string: String?) throws {
        let node = try #require(try self.parse("v: \(text)")["v"])
        #expect(node.boolValue == bool)
        #expect(node.intValue == int)
        #expect(node.stringValue == string)
    }

    @Test("block scalars keep or fold their lines", arguments: [("|", "a\nb\n"), (">", "a b\n"), ("|-", "a\nb")])
    func blocks(_ style: String, expected: String) throws {
        #expect(try self.parse("v: \(style)\n  a\n  b\n")["v"]?.stringValue == expected)
    }

    @Test(
        "a text without a value is null",
        arguments: ["", "\n", "# only a comment\n", "---\n", "---\n...\n", "\u{FEFF}"])
    func empty(_ text: String) throws {
        #expect(try self.parse(text).isNull)
    }

    @Test("a missing value is null, at the position of its key")
    func missingValue() throws {
        let node = try self.parse("a:\nb: 1\n")
        #expect(node["a"]?.isNull == true)
        #expect(node["a"]?.line == 1)
        #expect(node["b"]?.intValue == 1)
    }

    @Test("a byte order mark, CRLF and document markers are accepted")
    func ends() throws {
        #expect(try self.parse("\u{FEFF}---\r\na: 1\r\nb: 2\r\n...\r\n")["b"]?.line == 3)
    }
}
