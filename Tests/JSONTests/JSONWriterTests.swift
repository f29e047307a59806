import JSON
import Testing

@Suite("JSON, written piece by piece")
struct JSONWriterTests {
    @Test("commas are where a tree has them")
    func commas() {
        var writer = JSONWriter()
        writer.beginObject()
        writer.key("a")
        writer.beginArray()
        writer.write("[")
        writer.write("{\n")
        writer.beginArray()
        writer.endArray()
        writer.beginObject()
        writer.endObject()
        writer.write(encoded: #"{"x":1}"#.utf8)
        writer.write(["y": [true, .null]])
        writer.endArray()
        writer.key("b:")
        writer.write(encoded: "1".utf8)
        writer.key("c")
        writer.write(":")
        writer.key("")
        writer.write("")
        writer.endObject()
        #expect(
            String(decoding: writer.output, as: UTF8.self)
                == #"{"a":["[","{\n",[],{},{"x":1},{"y":[true,null]}],"b:":1,"c":":","":""}"#)
    }

    @Test(
        "text is escaped wherever it needs to be", arguments: ["\"", "a\nb", "\n", "\\\\", "é\u{1}\u{1F}é", "a\tb\r"])
    func escapes(_ text: String) throws {
        var writer = JSONWriter()
        writer.write(text)
        #expect(writer.output.allSatisfy { $0 >= 0x20 })
        #expect(try JSON.parse(writer.output) == .string(text))
    }
}
