import TestSupport
import Testing

@testable import WebSockets

@Suite("Message assembler")
struct MessageAssemblerTests {
    @Test("fragments become messages; a new message replaces an unfinished one")
    func pieces() throws {
        var assembler = MessageAssembler(limit: 10)
        try expectEqual(assembler.add(Array("ab".utf8).span, isFirst: true, isText: true, isLast: false), nil)
        try expectEqual(assembler.add([0xC3].span, isFirst: false, isText: true, isLast: false), nil)
        try expectEqual(assembler.add([0xA9].span, isFirst: false, isText: true, isLast: true), .text("abé"))
        try expectEqual(assembler.add([1].span, isFirst: true, isText: false, isLast: false), nil)
        try expectEqual(assembler.add([2].span, isFirst: true, isText: false, isLast: true), .binary([2]))
        try expectEqual(assembler.add([UInt8]().span, isFirst: true, isText: true, isLast: true), .text(""))
    }

    @Test("the limit applies to the whole message, at the fragment that exceeds it")
    func limit() throws {
        var assembler = MessageAssembler(limit: 3)
        try expectEqual(assembler.add([1, 2, 3].span, isFirst: true, isText: false, isLast: false), nil)
        #expect { try assembler.add([4].span, isFirst: false, isText: false, isLast: false) } throws: {
            ($0 as? MessageAssembler.Refusal)?.code == .messageTooBig
        }
    }
}
