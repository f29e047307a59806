import JSON
import Testing

@Suite("JSON values")
struct JSONTests {
    @Test("a chat chunk is read by path")
    func chunkIsRead() throws {
        let chunk = try JSON.parse(
            #"{"id":"c-1","created":1700000000,"choices":[{"index":0,"delta":{"content":"Hi"},"logprobs":null}],"t":0.5}"#
        )
        #expect(chunk["choices"]?[0]?["delta"]?["content"]?.stringValue == "Hi")
        #expect(chunk["created"]?.intValue == 1_700_000_000)
        #expect(chunk["t"]?.doubleValue == 0.5)
        #expect(chunk["choices"]?[0]?["logprobs"]?.isNull == true)
        #expect(chunk["choices"]?[1] == nil)
        #expect(chunk["choices"]?[-1] == nil)
        #expect(chunk["id"]?["x"] == nil)
        #expect(chunk["absent"] == nil)
    }

    @Test(
        "a value that is read and written is unchanged",
        arguments: [
            "null", "true", "false", "0", "-1", "9223372036854775807", "-9223372036854775808", "0.5", "-2.25", "1e+20",
            "5e-324", "1.7976931348623157e+308", #""""#, #""a\"b\\c\nd\te\rf\u0000g\u001f""#, "[]", "{}", "[[],{}]",
            #"{"b":1,"a":[1,2.5,"x",null,true]}"#, "\"é😀\u{2028}\"", "\"/\"",
        ])
    func roundTrip(_ text: String) throws {
        let value = try JSON.parse(text)
        #expect(value.text == text)
    }

    @Test(
        "whole numbers that fit are integers",
        arguments: [
            ("0", JSON.integer(0)), ("-0", .integer(0)), ("1.0", .number(1)), ("1e2", .number(100)),
            ("9223372036854775808", .number(9_223_372_036_854_775_808)), ("1E-2", .number(0.01)),
            ("-9223372036854775809", .number(-9_223_372_036_854_775_808)), ("0.1", .number(0.1)),
            ("123456789012345678901234567890", .number(1.2345678901234568e29)), ("1e-999", .number(0)),
        ])
    func numbers(_ text: String, _ value: JSON) throws {
        #expect(try JSON.parse(text) == value)
    }

    @Test("a whole number reads as an integer in either form")
    func wholeNumbers() {
        #expect(JSON.number(1000).intValue == 1000)
        #expect(JSON.number(0.5).intValue == nil)
        #expect(JSON.number(1e300).intValue == nil)
        #expect(JSON.integer(1 << 53).intValue == 1 << 53)
        #expect(JSON.integer(3).doubleValue == 3)
        #expect(JSON(UInt64.max) == .number(18_446_744_073_709_551_616))
        #expect(JSON.number(.nan).text == "null")
        #expect(JSON.number(-.infinity).text == "null")
    }

    @Test(
        "a whole number with which sums could overflow reads as none, in either form",
        arguments: [Int64.min, -9_007_199_254_740_993, 9_007_199_254_740_993, .max])
    func unsafeNumbers(_ number: Int64) throws {
        #expect(try JSON.parse("\(number)").intValue == nil)
        #expect(JSON.number(Double(number) * 2).intValue == nil)
    }

    @Test(
        "escapes become characters",
        arguments: [
            (#""\u0041\/\b\f""#, "A/\u{8}\u{C}"), (#""x\ud83d\ude00y""#, "x😀y"), (#""\u00e9""#, "é"),
            (#""\uD83D""#, "\u{FFFD}"), (#""\ude00\ud83d""#, "\u{FFFD}\u{FFFD}"), (#""\ud83d\u0041""#, "\u{FFFD}A"),
            (#""\ud83d\ud83d\ude00""#, "\u{FFFD}😀"), (#""\ud83dz""#, "\u{FFFD}z"), (#""\ud83d\n""#, "\u{FFFD}\n"),
            (#""\uFFFF\u0000""#, "\u{FFFF}\u{0}"),
        ])
    func escapes(_ text: String, _ value: String) throws {
        #expect(try JSON.parse(text).stringValue == value)
    }

    @Test(
        "invalid JSON is refused with its position",
        arguments: [
            ("", 0, JSONError.Code.incomplete), (" ", 1, .incomplete), ("nul", 3, .incomplete), ("nulL", 3, .syntax),
            ("True", 0, .syntax), ("1 2", 2, .syntax), ("[1,]", 3, .syntax), ("[1 2]", 3, .syntax),
            ("[", 1, .incomplete),
            ("[1", 2, .incomplete), ("{", 1, .incomplete), (#"{"a"}"#, 4, .syntax), (#"{"a":1,}"#, 7, .syntax),
            ("{a:1}", 1, .syntax), ("{'a':1}", 1, .syntax), (#"{"a":}"#, 5, .syntax), ("01", 0, .number),
            ("-", 1, .incomplete), ("-x", 1, .syntax), ("+1", 0, .syntax), ("1.", 2, .incomplete), (".5", 0, .syntax),
            ("1.e1", 2, .syntax), ("1e", 2, .incomplete), ("1e+", 3, .incomplete), ("1e400", 0, .number),
            ("-01", 1, .number), ("NaN", 0, .syntax), ("0x10", 1, .syntax), (#"""#, 1, .incomplete),
            ("\"a\nb\"", 2, .syntax), ("\"\\n\u{1}\"", 3, .syntax), (#""\x""#, 1, .syntax), (#""\u12g4""#, 5, .syntax),
            (#""\u12"#, 1, .incomplete), (#""\"#, 1, .incomplete), ("// c\n1", 0, .syntax), ("\u{FEFF}1", 0, .syntax),
            ("[1]]", 3, .syntax), ("\u{A0}1", 0, .syntax),
        ])
    func refused(_ text: String, _ offset: Int, _ code: JSONError.Code) {
        let error = #expect(throws: JSONError.self) { try JSON.parse(text) }
        #expect(error?.offset == offset)
        #expect(error?.code == code)
    }

    @Test(
        "invalid UTF-8 is refused with its position",
        arguments: [
            ([0x22, 0x61, 0xFF, 0x22], 2), ([0x22, 0xC0, 0x80, 0x22], 1), ([0x22, 0xED, 0xA0, 0x80, 0x22], 1),
            ([0x22, 0xE2, 0x82, 0x22], 1), ([0x22, 0xF5, 0x80, 0x80, 0x80, 0x22], 1), ([0xFF], 0),
            ([0x22, 0x5C, 0x6E, 0x61, 0x80, 0x22], 4), ([0x22, 0x80, 0x5C, 0x6E, 0x22], 1),
        ] as [([UInt8], Int)])
    func invalidText(_ bytes: [UInt8], _ offset: Int) {
        let error = #expect(throws: JSONError.self) { try JSON.parse(bytes) }
        #expect(error?.offset == offset)
    }

    @Test("values are bounded in number, as a few bytes of text take a hundred of memory")
    func valuesAreBounded() throws {
        func text(_ count: Int, of value: String) -> String {
            "[\(String(repeating: "\(value),", count: count - 1))\(value)]"
        }
        _ = try JSON.parse(text(199_999, of: "0"))
        let many = #expect(throws: JSONError.self) { try JSON.parse(text(200_000, of: "0")) }
        #expect(many?.code == .size && many?.message == "it has more than 200000 values")
        #expect(throws: JSONError.self) { try JSON.parse(text(100_000, of: "[{}]")) }
        // Longer texts have more.
        let word = "\"\(String(repeating: "x", count: 20))\""
        _ = try JSON.parse(text(250_000, of: word))
    }

    @Test("a caller that knows its texts says how many values they may have")
    func valueLimit() throws {
        let text = Array("[\(String(repeating: "0,", count: 299_999))0]".utf8)
        _ = try JSON.parse(text, valueLimit: 300_001)
        let many = #expect(throws: JSONError.self) { try JSON.parse(text, valueLimit: 300_000) }
        #expect(many?.message == "it has more than 300000 values")
    }

    @Test("depth is bounded")
    func depthIsBounded() throws {
        let deep = String(repeating: "[", count: 64) + String(repeating: "]", count: 64)
        _ = try JSON.parse(deep)
        #expect(throws: JSONError.self) { try JSON.parse("[\(deep)]") }
        let bomb = #expect(throws: JSONError.self) { try JSON.parse(String(repeating: #"{"a":"#, count: 1_000_000)) }
        #expect(bomb?.code == .depth)
        #expect(bomb?.offset == 64 * 5)
        _ = try JSON.parse("[\(deep)]", depthLimit: 65)
        // Siblings do not add depth.
        _ = try JSON.parse("[" + Array(repeating: "[]", count: 1_000).joined(separator: ",") + "]")
    }

    @Test("an element of a list that holds too much does not hide the others")
    func elements() throws {
        let deep = String(repeating: #"{"a":["#, count: 1_000_000) + String(repeating: "]}", count: 1_000_000)
        let broad = "[\(String(repeating: "0,", count: 20))0]"
        let number = "1" + String(repeating: "0", count: 400)
        let text = #"{"b":[{"c":1},\#(deep),{"d":\#(broad)},"\u005D\"",{"e":\#(number)},[[1],[2]],2]}"#
        let parsed = try JSON.parse(Array(text.utf8), elementLimit: 20)
        #expect(parsed == ["b": [["c": 1], .null, .null, "]\"", .null, [[1], [2]], 2]])
        #expect(throws: JSONError.self) { try JSON.parse(Array(#"{"b":[{"c":1},{"d":"x]}]}"#.utf8), elementLimit: 20) }
        #expect(throws: JSONError.self) { try JSON.parse(Array(#"{"b":[{"c":]}]}"#.utf8), elementLimit: 20) }
        // Outside of a list, nothing is left out.
        let member = #expect(throws: JSONError.self) {
            try JSON.parse(Array(deep.utf8.prefix(1_000)), elementLimit: 20)
        }
        #expect(member?.code == .incomplete)
    }

    @Test("literals are written in their order")
    func literals() {
        let value: JSON = ["b": [1, [:]], "a": "x", "c": []]
        #expect(value.text == #"{"b":[1,{}],"a":"x","c":[]}"#)
    }
}

@Suite("JSON objects")
struct JSONObjectTests {
    @Test("the order of members is kept but does not affect equality")
    func order() {
        let one: JSON = ["a": 1, "b": 2]
        let other: JSON = ["b": 2, "a": 1]
        #expect(one == other)
        #expect(one.hashValue == other.hashValue)
        #expect(one.text != other.text)
        #expect(one != ["a": 1])
        #expect(one != ["a": 1, "b": 3])
        #expect((["z": 1, "y": 2] as JSONObject).keys == ["z", "y"])
        let dictionary: [String: JSON] = ["z": 1, "y": 2]
        #expect(JSONObject(dictionary: dictionary).keys == ["y", "z"])
    }

    @Test("if a key repeats, the last value wins", arguments: [3, 100])
    func repeatedKeys(_ count: Int) throws {
        let members = (0..<count).map { #""k\#($0)":\#($0)"# }
        let twice = (members + [#""k0":"last""#]).joined(separator: ",")
        let object = try #require(try JSON.parse("{\(twice)}").objectValue)
        #expect(object.count == count)
        #expect(object["k0"] == "last")
        #expect(object.first?.key == "k0")
        #expect(object["k\(count - 1)"]?.intValue == count - 1)
        #expect(object["absent"] == nil)
    }

    @Test("members are set, removed and merged", arguments: [2, 50])
    func editing(_ count: Int) {
        var object = JSONObject(members: (0..<count).map { ("k\($0)", JSON($0)) })
        object["new"] = true
        object["k1"] = nil
        object["gone"] = nil
        object.merge(["new": false, "more": "x"])
        #expect(object.count == count + 1)
        #expect(object["k1"] == nil)
        #expect(object["k0"] == 0)
        #expect(object["new"] == false)
        #expect(object.keys.suffix(2) == ["new", "more"])
        #expect(object["more"] == "x")
    }
}
