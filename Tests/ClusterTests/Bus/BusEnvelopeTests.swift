import Crypto
import Primitives
import TestSupport
import Testing

@testable import Cluster

@Suite("The bus' messages")
struct BusEnvelopeTests {
    private static let key = ClusterKey(Secret("a key of all hosts"))

    @Test("a changed byte, another subject or another key makes a message forged")
    func forgeries() throws {
        let subject = "jb.x.live.t_1"
        let bytes = BusEnvelope(host: "host-a").sealed(with: Self.key, for: subject)
        func refusal(_ bytes: [UInt8], _ subject: String, _ key: ClusterKey = Self.key) -> BusEnvelope.Refusal? {
            do throws(BusEnvelope.Refusal) {
                _ = try BusEnvelope(opening: bytes, with: key, from: subject)
                return nil
            } catch {
                return error
            }
        }
        expectEqual(refusal(bytes, subject), nil)
        expectEqual(refusal(bytes, "jb.x.live.t_2"), .forged)
        expectEqual(refusal(bytes, subject, ClusterKey(Secret("another key"))), .forged)
        for index in bytes.indices {
            var changed = bytes
            changed[index] ^= 1
            expectEqual(refusal(changed, subject), .forged)
        }
        for count in 0..<bytes.count { expectEqual(refusal(Array(bytes.prefix(count)), subject), .forged) }
        expectEqual(refusal([UInt8](repeating: 0x41, count: (4 << 10) + 1), subject), .tooLarge)
    }

    @Test("signed nonsense is refused with its reason")
    func signedNonsense() {
        func refusal(_ body: [UInt8]) -> BusEnvelope.Refusal? {
            let signature = base64URL(Self.key.signature(of: body, for: "s"))
            do throws(BusEnvelope.Refusal) {
                _ = try BusEnvelope(opening: Array("\(signature)\n".utf8) + body, with: Self.key, from: "s")
                return nil
            } catch {
                return error
            }
        }
        expectEqual(refusal(Array(#"{"v":1,"host":"a","later":true}"#.utf8)), nil)
        expectEqual(refusal(Array(#"{"v":2,"host":"a"}"#.utf8)), .unsupported)
        for body in ["", "{}", #"{"v":1}"#, #"{"v":1,"host":1}"#, #"{"host":"a"}"#, "\u{0}"] {
            expectEqual(refusal(Array(body.utf8)), .unreadable)
        }
        expectEqual(refusal([0xFF, 0xFE]), .unreadable)
        expectEqual(refusal([UInt8](repeating: UInt8(ascii: "["), count: 4_000)), .unreadable)
    }

    @Test("random bytes never pass and never stop the process")
    func randomBytes() {
        var generator = SeededGenerator(state: 33)
        for _ in 0..<5_000 {
            let count = Int.random(in: 0..<200, using: &generator)
            var bytes = (0..<count).map { _ in UInt8.random(in: .min ... .max, using: &generator) }
            if bytes.count > 43 { bytes[43] = UInt8(ascii: "\n") }
            #expect(throws: BusEnvelope.Refusal.self) {
                try BusEnvelope(opening: bytes, with: Self.key, from: "s")
            }
        }
    }

    @Test("a cluster's name is that of its key, and does not show it")
    func names() {
        expectEqual(Self.key.name, ClusterKey(Secret("a key of all hosts")).name)
        #expect(Self.key.name != ClusterKey(Secret("another")).name)
        expectEqual(Self.key.name.utf8.count, 10)
    }
}
