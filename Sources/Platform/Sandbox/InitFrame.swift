/// The control protocol of `Init/init.h`, version 2.
enum InitFrame {
    static let version: UInt32 = 2
    /// Frames from init are small.
    private static let limit = 4_096

    enum Message: Equatable {
        case hello(version: UInt32)
        case tree(UInt32, SandboxTreeEvent)
        case lost(String)
    }

    // MARK: To init

    static func start(_ tree: SandboxTree, id: UInt32) -> [UInt8] {
        var payload = [tree.kind.rawValue]
        payload += tree.directory.utf8 + [0]
        payload += tree.text.utf8 + [0]
        payload += tree.script + [0]
        for variable in tree.environment { payload += variable.utf8 + [0] }
        return self.frame(1, id, payload)
    }

    static func kill(_ id: UInt32) -> [UInt8] { self.frame(2, id, []) }

    private static func frame(_ type: UInt8, _ id: UInt32, _ payload: [UInt8]) -> [UInt8] {
        self.bytes(UInt32(5 + payload.count)) + [type] + self.bytes(id) + payload
    }

    private static func bytes(_ number: UInt32) -> [UInt8] {
        (0..<4).map { UInt8(truncatingIfNeeded: number >> (8 * $0)) }
    }

    // MARK: From init

    /// Takes the first message from `buffer`; nil while it is incomplete.
    static func next(_ buffer: inout [UInt8]) throws(SandboxError) -> Message? {
        guard buffer.count >= 4 else { return nil }
        let length = Int(self.number(buffer, 0))
        guard length >= 5, length <= self.limit else { throw SandboxError("the jail's init sent a malformed frame") }
        guard buffer.count >= 4 + length else { return nil }
        defer { buffer.removeFirst(4 + length) }
        return try self.message(buffer[4], self.number(buffer, 5), Array(buffer[9..<4 + length]))
    }

    private static func message(_ type: UInt8, _ id: UInt32, _ payload: [UInt8]) throws(SandboxError) -> Message {
        switch type {
        case 65: return .hello(version: id)
        case 66 where payload.count == 5:
            guard let stage = SandboxTreeEvent.Stage(rawValue: payload[0]) else { break }
            return .tree(id, .failed(stage, code: Int32(bitPattern: self.number(payload, 1))))
        case 67 where payload.count == 5:
            let value = Int(Int32(bitPattern: self.number(payload, 1)))
            switch payload[0] {
            case 0: return .tree(id, .ended(.exited(value)))
            case 1: return .tree(id, .ended(.killed(value)))
            case 2: return .tree(id, .ended(.stopped(value)))
            default: break
            }
        case 68: return .tree(id, .gone)
        case 69: return .lost(String(decoding: payload, as: UTF8.self))
        default: break
        }
        throw SandboxError("the jail's init sent an unknown frame (type \(type))")
    }

    private static func number(_ bytes: [UInt8], _ start: Int) -> UInt32 {
        (0..<4).reduce(0) { $0 | UInt32(bytes[start + $1]) << (8 * UInt32($1)) }
    }
}
