import JSON
import TestSupport
import Testing

@testable import Proxy

@Suite("The model of a request")
struct ModelNameTests {
    @Test(
        "the top-level member is found, however it is written",
        arguments: [
            #"{"model":"a"}"#, " \r\n\t{ \"model\" :\n\"a\" , \"x\":1 }\n", #"{"\u006dodel":"a"}"#,
            #"{"\u006D\u006f\u0064\u0065\u006c":"\u0061"}"#, #"{"model":"a","model":"a"}"#,
            #"{"model":"a","MODEL":"a"}"#, #"{"messages":[{"model":"b"},[]],"x":{"model":"b","y":{}},"model":"a"}"#,
            #"{"x":[[],{},[1,-0,2.5e-3,1E+9,true,false,null,"\"model\":\"b\""]],"model":"a"}"#,
            #"{"text":"{\"model\":\"b\"}","model":"a"}"#, #"{"modelx":"b","mode":"b","models":["b"],"model":"a"}"#,
            #"{"é\ud83d\ude00":"b","model":"a"}"#,
        ])
    func found(_ text: String) {
        expectEqual(ModelName.find(in: Array(text.utf8)), "a")
    }

    @Test(
        "what another reader could read otherwise has no model",
        arguments: [
            // Missing, or not a string.
            "", " ", "{}", "[]", "null", #""model""#, #"{"x":{"model":"a"}}"#, #"[{"model":"a"}]"#, #"{"model":null}"#,
            #"{"model":1}"#, #"{"model":["a"]}"#, #"{"model":{"model":"a"}}"#, #"{"Model":"a"}"#,
            // Two that differ, for readers that take the first, the last, or any case.
            #"{"model":"a","model":"b"}"#, #"{"model":"b","model":"a"}"#, #"{"model":"a","\u006dodel":"b"}"#,
            #"{"model":"a","Model":"b"}"#, #"{"MODEL":"b","model":"a"}"#, #"{"model":"a","model":null}"#,
            #"{"model":"a","mOdEl":["b"]}"#,
            // Keys that end early or shrink in some readers.
            #"{"model":"a","model\u0000":"b"}"#, #"{"model":"a","mod\ud800el":"b"}"#,
            // Not strictly one JSON object.
            #"{"model":"a"}{"model":"b"}"#, #"{"model":"a"} x"#, "\u{FEFF}{\"model\":\"a\"}", #"{"model":"a",}"#,
            #"{"model":"a","x":[1,]}"#, #"{"model":"a" "x":1}"#, #"{'model':'a'}"#, #"{model:"a"}"#,
            #"{"model":"a"/*"model":"b"*/}"#, #"{"model":"a","x":NaN}"#, #"{"model":"a","x":01}"#,
            #"{"model":"a","x":1.}"#, #"{"model":"a","x":.5}"#, #"{"model":"a","x":+1}"#, #"{"model":"a","x":1e}"#,
            #"{"model":"a","x":-}"#, #"{"model":"a","x":tru}"#, #"{"model":"a","x":"\x61"}"#,
            #"{"model":"a","x":"\u00g0"}"#, "{\"model\":\"a\",\"x\":\"\n\"}", "{\"model\":\"a\u{0}\"}",
            #"{"model":"a","x":[}"#, #"{"model":"a","x":{]}"#, #"{"model":"a","x":[1}"#, #"{"model":"a""#,
            #"{"model":"a"#, #"{"model""#, #"{"model":"a","x":{"y"}}"#, #"{"model":"a","x":{1:2}}"#,
        ])
    func refused(_ text: String) {
        expectEqual(ModelName.find(in: Array(text.utf8)), nil)
    }

    @Test("a member that is repeated without end has no model, because each place would be replaced by itself")
    func repeated() {
        func text(_ count: Int, _ name: String = "a") -> [UInt8] {
            Array("{\(Array(repeating: "\"model\":\"\(name)\"", count: count).joined(separator: ","))}".utf8)
        }
        expectEqual(ModelName.replaced(in: text(8), by: "longer"), text(8, "longer"))
        expectEqual(ModelName.find(in: text(9)), nil)
    }

    @Test("other encodings have no model")
    func encodings() {
        let text = #"{"model":"a"}"#
        expectEqual(ModelName.find(in: text.utf16.flatMap { [UInt8($0 & 0xFF), UInt8($0 >> 8)] }), nil)
        expectEqual(ModelName.find(in: text.utf16.flatMap { [UInt8($0 >> 8), UInt8($0 & 0xFF)] }), nil)
        // An overlong quote.
        expectEqual(ModelName.find(in: Array(#"{"model":"a","x":""#.utf8) + [0xC0, 0xA2] + Array(#""}"#.utf8)), nil)
        expectEqual(ModelName.find(in: [0x1F, 0x8B, 8, 0, 0, 0, 0, 0]), nil)
    }

    @Test("deep nesting needs no stack")
    func depth() {
        let half = 200_000
        let nested = String(repeating: "[", count: half) + String(repeating: "]", count: half)
        expectEqual(ModelName.find(in: Array("{\"x\":\(nested),\"model\":\"a\"}".utf8)), "a")
        expectEqual(ModelName.find(in: Array("{\"x\":\(nested)],\"model\":\"a\"}".utf8)), nil)
    }

    /// Members of an object as a random writer spells them, with what they mean.
    private struct Document {
        var text = ""
        var names: [String?] = []
        var hasExactKey = false

        init(_ random: inout SeededGenerator) {
            let members = (0..<Int.random(in: 0...4, using: &random)).map { _ in self.member(&random) }
            self.text = "{" + members.joined(separator: ",") + "}"
        }

        private mutating func member(_ random: inout SeededGenerator) -> String {
            let key = ["model", "model", "Model", "MODEL", "models", "mode", "x"].randomElement(using: &random) ?? ""
            let isModel = key.lowercased() == "model"
            self.hasExactKey = self.hasExactKey || key == "model"
            let values = ["1", "null", #"{"model":"b"}"#, #"[{"model":"b"},"model"]"#]
            var value = values.randomElement(using: &random) ?? ""
            var name: String?
            if Int.random(in: 0..<4, using: &random) > 0 {
                let text = Int.random(in: 0..<4, using: &random) > 0 ? "a" : "b"
                name = text
                value = Self.string(text, &random)
            }
            if isModel { self.names.append(name) }
            return Self.space(&random) + Self.string(key, &random) + Self.space(&random) + ":" + Self.space(&random)
                + value + Self.space(&random)
        }

        private static func string(_ text: String, _ random: inout SeededGenerator) -> String {
            let letters = text.unicodeScalars.map { letter -> String in
                guard Int.random(in: 0..<3, using: &random) == 0 else { return String(letter) }
                let code = String(letter.value, radix: 16, uppercase: Bool.random(using: &random))
                return "\\u" + String(repeating: "0", count: 4 - code.count) + code
            }
            return "\"" + letters.joined() + "\""
        }

        private static func space(_ random: inout SeededGenerator) -> String {
            ["", "", " ", "\n", "\t\r"].randomElement(using: &random) ?? ""
        }
    }

    @Test("a model is found exactly if all readers agree on it")
    func agreement() throws {
        var random = SeededGenerator(state: 15)
        var found = 0
        for _ in 0..<5_000 {
            let document = Document(&random)
            let isAgreed = document.hasExactKey && Set(document.names).count == 1
            let expected = isAgreed ? document.names.first ?? nil : nil
            expectEqual(ModelName.find(in: Array(document.text.utf8)), expected, "\(document.text)")
            if expected != nil { found += 1 }
        }
        #expect(found > 500)
    }

    @Test(
        "the beginning of a body names its model once the name is complete",
        arguments: [
            (#"{"model":"a","x":"y"#, "a"), (#"{"x":[{"model":"b"}],"model":"a""#, "a"), (#"{"model":"a"}"#, "a"),
            (#"{"model":"a"#, nil), (#"{"x":{"model":"a"},"y":"#, nil), (#"{"MODEL":"a","x"#, nil), ("", nil),
        ] as [(String, String?)])
    func beginning(_ text: String, _ model: String?) {
        expectEqual(ModelName.find(atBeginning: Array(text.utf8)), model)
    }

    @Test("of damaged texts only those have a model in which a full parser finds the same")
    func damage() {
        var random = SeededGenerator(state: 16)
        let text = #"{"model":"a","MODEL":"a","x":[1.5e3,{"model":"b"},"\u006d"],"stream":true,"n":null}"#
        let bytes = Array("\"\\{}[],:mMODEL0u\u{0}\u{80} ab".utf8)
        for _ in 0..<20_000 {
            var body = Array(text.utf8)
            for _ in 0..<Int.random(in: 1...3, using: &random) {
                let place = Int.random(in: 0..<body.count, using: &random)
                switch Int.random(in: 0..<3, using: &random) {
                case 0: body[place] = bytes.randomElement(using: &random) ?? 0
                case 1: body.insert(bytes.randomElement(using: &random) ?? 0, at: place)
                default: body.remove(at: place)
                }
            }
            guard let name = ModelName.find(in: body) else { continue }
            expectEqual(
                (try? JSON.parse(body))?["model"]?.stringValue, name, "\(String(decoding: body, as: UTF8.self))")
        }
    }
}
