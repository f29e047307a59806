import Crypto
import JSON
import Primitives
import TestSupport
import Testing

@testable import Cluster

@Suite("The bus' messages")
struct BusCodingTests {
    private static let key = ClusterKey(Secret("a key of all hosts"))

    static let events: [BusEvent] = [
        .stored(place: "irc:libera", number: 7), .stored(place: "", number: .max),
        .live(
            session: "t_1",
            BusFrames(
                turn: "o_1", last: 3,
                frames: [
                    .init(sequence: 2, kind: "text", content: "é\u{0}\n\"", timestamp: 5),
                    .init(sequence: 3, kind: "thinking", content: "", timestamp: .min),
                ])),
        .live(session: "t_1", BusFrames(turn: "o_1", last: 9, frames: [])), .policyChanged,
        .roomRenamed(adapter: "matrix:home", from: "!a:x", to: "!b:x"),
        .leaseTaken(place: "web:t_1", host: "host-b", epoch: 12),
    ]
    static let requests: [BusRequest] = [
        .take(place: "irc:libera", inboxNumber: 9), .stop(session: "t_1", turn: "o_1", person: "alice"),
        .answer(session: "t_1", ask: "a7", answer: "yes", person: "alice"),
    ]
    static let replies: [BusReply] = [.done(.null), .done(["a": [1, "b"]]), .refused("no such turn")]

    @Test("every message is read as it was written")
    func roundTrips() throws {
        for event in Self.events { #expect(BusEvent(.object(event.json)) == event) }
        for request in Self.requests { #expect(BusRequest(.object(request.json)) == request) }
        for reply in Self.replies { #expect(BusReply(.object(reply.json)) == reply) }
        let envelope = BusEnvelope(host: "host-a", id: "1", content: Self.requests[0].json)
        let bytes = envelope.sealed(with: Self.key, for: "jb.x.host.a")
        #expect(try BusEnvelope(opening: bytes, with: Self.key, from: "jb.x.host.a") == envelope)
    }

    @Test("large frames are left out, not their place")
    func largeFrames() throws {
        let text = String(repeating: "x", count: 40 << 10)
        let frames = (1...2).map { BusFrames.Frame(sequence: $0, kind: "text", content: text, timestamp: 0) }
        let one = try #require(BusFrames(turn: "o", Array(frames.prefix(1))))
        #expect(one.frames.count == 1 && one.last == 1)
        let both = try #require(BusFrames(turn: "o", frames))
        #expect(both.frames.isEmpty && both.last == 2)
        #expect(BusFrames(turn: "o", []) == nil)
    }

    @Test(
        "what lacks something, or contradicts itself, is no message",
        arguments: [
            #"{}"#, #"[]"#, #"null"#, #"{"kind":1}"#, #"{"kind":"unknown"}"#, #"{"kind":"stored","place":"a"}"#,
            #"{"kind":"stored","place":"a","number":"1"}"#, #"{"kind":"stored","place":"a","number":1.5}"#,
            #"{"kind":"stored","place":"a","number":1e300}"#, #"{"kind":"live","session":"s","turn":"t","last":1}"#,
            #"{"kind":"live","session":"s","turn":"t","last":1,"frames":[[2,"text","",0]]}"#,
            #"{"kind":"live","session":"s","turn":"t","last":3,"frames":[[1,"text","",0],[3,"text","",0]]}"#,
            #"{"kind":"live","session":"s","turn":"t","last":1,"frames":[[1,"text",""]]}"#,
            #"{"kind":"live","session":"s","turn":"t","last":-9223372036854775808,"frames":[[9223372036854775807,"t","",0],[-9223372036854775808,"t","",0]]}"#,
            #"{"kind":"lease","place":"a","host":"b"}"#, #"{"kind":"renamed","adapter":"a","old":"b"}"#,
            #"{"kind":"stop","session":"s"}"#, #"{"kind":"answer","session":"s","ask":"a7"}"#, #"{"kind":"refused"}"#,
        ])
    func nonsense(_ text: String) throws {
        let json = try JSON.parse(text)
        #expect(BusEvent(json) == nil)
        #expect(BusRequest(json) == nil)
        #expect(BusReply(json) == nil)
    }

    @Test("a changed byte, another subject or another key makes a message forged")
    func forgeries() throws {
        let subject = "jb.x.live.t_1"
        let bytes = BusEnvelope(host: "host-a", content: Self.events[2].json).sealed(with: Self.key, for: subject)
        func refusal(_ bytes: [UInt8], _ subject: String, _ key: ClusterKey = Self.key) -> BusEnvelope.Refusal? {
            do throws(BusEnvelope.Refusal) {
                _ = try BusEnvelope(opening: bytes, with: key, from: subject)
                return nil
            } catch {
                return error
            }
        }
        #expect(refusal(bytes, subject) == nil)
        #expect(refusal(bytes, "jb.x.live.t_2") == .forged)
        #expect(refusal(bytes, subject, ClusterKey(Secret("another key"))) == .forged)
        for index in bytes.indices {
            var changed = bytes
            changed[index] ^= 1
            #expect(refusal(changed, subject) == .forged)
        }
        for count in 0..<bytes.count { #expect(refusal(Array(bytes.prefix(count)), subject) == .forged) }
        #expect(refusal([UInt8](repeating: 0x41, count: (1 << 20) + 1), subject) == .tooLarge)
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
        #expect(refusal(Array(#"{"v":1,"host":"a","content":{},"later":true}"#.utf8)) == nil)
        #expect(refusal(Array(#"{"v":2,"host":"a","content":{}}"#.utf8)) == .unsupported)
        for body in ["", "{}", #"{"v":1}"#, #"{"v":1,"host":"a"}"#, #"{"v":1,"host":1,"content":{}}"#, "\u{0}"] {
            #expect(refusal(Array(body.utf8)) == .unreadable)
        }
        #expect(refusal([0xFF, 0xFE]) == .unreadable)
        #expect(refusal([UInt8](repeating: UInt8(ascii: "["), count: 100_000)) == .unreadable)
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

    @Test("names become tokens that are different, short and harmless")
    func tokens() {
        let names = [
            "", "a", "A", "irc:libera", "web:t_1", "a.b", "a b", "a*", ">", "a=b", "a=3db", "é", "e\u{301}", "\r\n",
            "=empty", String(repeating: "x", count: 200), String(repeating: "x", count: 201),
            String(repeating: ":", count: 201),
        ]
        let tokens = names.map { BusSubjects.token($0) }
        #expect(Set(tokens).count == names.count)
        for token in tokens {
            #expect((1...200).contains(token.utf8.count))
            #expect(token.utf8.allSatisfy { $0 > 0x20 && $0 < 0x7F && !".*>/\\".utf8.contains($0) })
        }
        #expect(BusSubjects.token("irc:libera") == "irc=3alibera")
        #expect(BusSubjects("ab").event(place: "web:t_1") == "jb.ab.event.web=3at_1")
    }

    @Test("a cluster's name is that of its key, and does not show it")
    func names() {
        #expect(Self.key.name == ClusterKey(Secret("a key of all hosts")).name)
        #expect(Self.key.name != ClusterKey(Secret("another")).name)
        #expect(Self.key.name.utf8.count == 10)
    }
}
