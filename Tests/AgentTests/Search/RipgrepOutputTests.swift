import TestSupport
import Testing

@testable import Agent

@Suite("The output of ripgrep")
struct RipgrepOutputTests {
    private static let begin = #"{"type":"begin","data":{"path":{"text":"a.txt"}}}"#
    private static let summary = #"{"type":"summary","data":{}}"#

    private static func match(_ line: String, _ number: Int = 1, end: Int = 1) -> String {
        #"{"type":"match","data":{"path":{"text":"a.txt"},"lines":\#(line),"line_number":\#(number),"#
            + #""absolute_offset":0,"submatches":[{"match":{"text":"x"},"start":0,"end":\#(end)}]}}"#
    }

    private static func end(binary: String = "null") -> String {
        #"{"type":"end","data":{"path":{"text":"a.txt"},"binary_offset":\#(binary),"stats":{}}}"#
    }

    private static func output(_ lines: [String], pieces size: Int = 4_096, ofNames: Bool = false) -> RipgrepOutput {
        var output = RipgrepOutput(ofNames: ofNames)
        let bytes = Array((lines.joined(separator: "\n") + "\n").utf8)
        for start in stride(from: 0, to: bytes.count, by: size) {
            output.append(Array(bytes[start..<min(start + size, bytes.count)]))
        }
        return output
    }

    @Test("lines are read from pieces of any size", arguments: [1, 7, 4_096])
    func pieces(_ size: Int) {
        let lines = [
            Self.begin, Self.match(#"{"text":"x \u00e9\r\n"}"#), Self.match(#"{"bytes":"eCDpCg=="}"#, 3), Self.end(),
            Self.summary,
        ]
        let output = Self.output(lines, pieces: size)
        #expect(output.isWhole && !output.isFull && output.binaries == 0)
        expectEqual(
            output.hits,
            [
                RipgrepOutput.Hit(path: "a.txt", line: RipgrepOutput.Line(number: 1, text: "x é")),
                RipgrepOutput.Hit(path: "a.txt", line: RipgrepOutput.Line(number: 3, text: "x \u{FFFD}")),
            ])
    }

    @Test("hits of a file that turns out to be binary are left out; without an end they count")
    func binary() {
        let match = Self.match(#"{"text":"x\n"}"#)
        let binary = Self.output([Self.begin, match, Self.end(binary: "99"), Self.summary])
        #expect(binary.hits.isEmpty && binary.binaries == 1 && binary.isWhole)
        let open = Self.output([Self.begin, match])
        #expect(open.hits.count == 1 && !open.isWhole)
    }

    @Test("paths may be anything")
    func names() {
        let lines = [
            #"{"type":"begin","data":{"path":{"text":"<stdin>"}}}"#, Self.match(#"{"text":"a/b\n"}"#),
            Self.match(#"{"text":"x\u0000y\n"}"#), Self.match(#"{"bytes":"Y2Fm6Qo="}"#), Self.end(binary: "3"),
        ]
        expectEqual(Self.output(lines, ofNames: true).hits.map(\.path), ["a/b", #""x\ny""#, #""caf\351""#])
    }

    @Test("a long line is cut around its match")
    func long() {
        let text = String(repeating: "a", count: 1_000) + "x" + String(repeating: "b", count: 1_000)
        let hit =
            Self.output([Self.begin, Self.match(#"{"text":"\#(text)\n"}"#, end: 1_001)]).hits.first?.line?.text ?? ""
        #expect(hit.count == 502 && hit.hasPrefix("…a") && hit.contains("axb") && hit.hasSuffix("b…"))
    }

    @Test("reading ends when there is one hit more than are shown")
    func full() {
        let match = Self.match(#"{"text":"x\n"}"#)
        var output = Self.output([Self.begin] + Array(repeating: match, count: 300))
        #expect(output.isFull && output.hits.count == 101)
        output.append(Array("{".utf8))
        expectEqual(output.hits.count, 101)
    }

    @Test("a line with thousands of hits or of megabytes is left out and counted")
    func unread() {
        let hits = String(repeating: #"{"match":{"text":"x"},"start":0,"end":1},"#, count: 5_000)
        let line = Self.match(#"{"text":"x\n"}"#)
        let lines = [
            Self.begin, line.replacing(#""submatches":["#, with: #""submatches":[\#(hits)"#),
            Self.match(#"{"text":"\#(String(repeating: "x", count: 5 << 20))"}"#), line, Self.end(), Self.summary,
        ]
        let output = Self.output(lines, pieces: 1 << 20)
        #expect(output.unreadLines == 2 && output.hits.count == 1 && output.isWhole)
    }

    @Test("what is no message of ripgrep is passed over")
    func other() {
        let lines = [
            "", "{", "[]", #"{"type":"match"}"#, #"{"type":"match","data":{"lines":{"bytes":"!"}}}"#, Self.summary,
        ]
        let output = Self.output(lines)
        #expect(output.hits.isEmpty && output.isWhole)
    }

    @Test("a path is given byte by byte, a pattern in quotes")
    func command() {
        let command = RipgrepCommand(pattern: "it's", mode: .text, path: #""caf\351""#, glob: "src/*.c").text
        #expect(command.contains(#"path=$(printf '\143\141\146\351/'); path=${path%/}; rg --json "#))
        #expect(command.contains(#" --regexp='it'\''s' -- "$path""#) && command.contains("--glob='src/*.c' "))
        let below = RipgrepCommand(pattern: "a", mode: .regex, path: "src", glob: "sub/*.c").text
        #expect(below.contains("--glob='sub/*.c' --glob='src/sub/*.c' "))
        let names = RipgrepCommand(pattern: "a", mode: .names, path: "", glob: nil).text
        #expect(names.contains("</dev/null | tr '\\n\\0' '\\0\\n' | rg "))
    }
}
