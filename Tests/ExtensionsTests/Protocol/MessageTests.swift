import JSON
import Primitives
import TestSupport
import Testing

@testable import Extensions

@Suite struct MessageTests {
    @Test func messagesAreReadAndWritten() {
        let messages: [(String, RPCMessage)] = [
            (#"{"jsonrpc":"2.0","id":0,"method":"ping"}"#, .request(.number(0), method: "ping", params: .null)),
            (
                #"{"jsonrpc":"2.0","id":"0","method":"a","params":{"x":1}}"#,
                .request(.text("0"), method: "a", params: ["x": 1])
            ),
            (#"{"jsonrpc":"2.0","method":"n"}"#, .notification(method: "n", params: .null)),
            (#"{"jsonrpc":"2.0","id":-7,"result":null}"#, .result(.number(-7), .null)),
            (
                #"{"jsonrpc":"2.0","id":3,"error":{"code":-32601,"message":"no"}}"#,
                .failure(.number(3), RPCError(code: -32_601, message: "no"))
            ),
            (
                #"{"jsonrpc":"2.0","id":null,"error":{"code":-32700,"message":"no"}}"#,
                .failure(nil, RPCError(code: -32_700, message: "no"))
            ),
        ]
        for (text, message) in messages {
            expectEqual(RPCMessage.parse(Array(text.utf8)), message, text)
            expectEqual(message.json.text, text)
        }
    }

    @Test(arguments: [
        "", "null", "7", "[]", "{}", #"[{"jsonrpc":"2.0","id":1,"result":1}]"#, #"{"id":1}"#,
        #"{"id":null,"result":1}"#,
        #"{"id":1.5,"result":1}"#, #"{"id":{},"result":1}"#, #"{"id":null,"method":"a"}"#, #"{"method":7}"#,
        #"{"id":1,"error":"no"}"#, #"{"id":1,"error":{"code":"a"}}"#, #"{"id":1,"result":"#,
        "{\"id\":1,\"result\":\"\u{0}\"}",
    ])
    func whatIsNotAMessageIsNone(_ text: String) {
        expectEqual(RPCMessage.parse(Array(text.utf8)), nil)
    }

    @Test func aFloatIsAnId() {
        expectEqual(RPCMessage.parse(Array(#"{"id":1.0,"result":1}"#.utf8)), .result(.number(1), 1))
    }

    @Test func deepNestingIsNone() {
        let text = #"{"id":1,"result":"# + String(repeating: "[", count: 100_000)
        expectEqual(RPCMessage.parse(Array(text.utf8)), nil)
    }

    // MARK: Lines

    @Test func linesAreFoundWhereverTheInputIsSplit() {
        let text = Array("one\r\n\n  \ntwo\nlast".utf8)
        for size in 1...text.count {
            var framing = LineFraming(limit: 5)
            var pieces: [LineFraming.Piece] = []
            for start in stride(from: 0, to: text.count, by: size) {
                pieces += framing.take(Array(text[start..<min(text.count, start + size)]))
            }
            expectEqual(pieces, [.line(Array("one".utf8)), .line(Array("two".utf8))], "\(size)")
        }
    }

    @Test func aLineOverTheLimitIsSkippedWithoutBeingKept() {
        for size in [1, 7, 400, 100_000] {
            var framing = LineFraming(limit: 1_000)
            let line =
                Array(#"{"jsonrpc":"2.0","id":12,"result":""#.utf8) + [UInt8](repeating: 0x78, count: 5_000) + [0x0A]
            let input = line + Array("next\n".utf8)
            var pieces: [LineFraming.Piece] = []
            for start in stride(from: 0, to: input.count, by: size) {
                pieces += framing.take(Array(input[start..<min(input.count, start + size)]))
            }
            guard case .skipped(let head, let count)? = pieces.first else {
                Issue.record("\(pieces)")
                return
            }
            expectEqual(count, line.count - 1)
            expectEqual(head.count, LineFraming.headBytes)
            expectEqual(LineFraming.answerID(in: head), .number(12))
            expectEqual(pieces.dropFirst(), [.line(Array("next".utf8))])
        }
    }

    @Test func theIdOfASkippedAnswerIsInItsHead() {
        let heads: [(String, RPCID?)] = [
            (#"{"jsonrpc":"2.0","id":3,"result":{"#, .number(3)), (#"{"id" : "a b" , "result":"#, .text("a b")),
            (#"{"jsonrpc":"2.0","id":3,"method":"x""#, nil), (#"{"method":"x","params":{"id":3}"#, nil),
            (#"{"result":{"id":3}"#, nil), (#"{"jsonrpc":"2.0","#, nil), (#"{"id":"#, nil), ("", nil),
            (#"{"id":null,"#, nil),
        ]
        for (head, id) in heads { expectEqual(LineFraming.answerID(in: Array(head.utf8)), id, head) }
    }

    @Test func logMessagesAreKnownByTheirBeginning() {
        expectEqual(
            LineFraming.isLog(Array(#"{"jsonrpc":"2.0","method":"notifications/message","params":{}}"#.utf8)), true)
        expectEqual(LineFraming.isLog(Array(#"{"id":1,"result":"\"method\":\"notifications/message\""}"#.utf8)), false)
    }
}
