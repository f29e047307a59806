import Chat
import JSON
import Kit
import TestSupport
import Testing

@testable import Slack

@Suite("The connections of a Slack app")
struct SlackStateMachineTests {
    private static let bot = SlackIdentity(team: "T1", teamName: "Team", user: "UBOT", bot: "B1")

    /// A state machine and a clock.
    private struct Stage {
        var machine: SlackStateMachine
        var time: Int64 = 0

        init(isSocket: Bool = true) { self.machine = SlackStateMachine(isSocket: isSocket, random: { 0.5 }) }

        /// Returns the actions except for log lines.
        mutating func feed(
            _ input: SlackStateMachine.Input, after milliseconds: Int64 = 0
        ) -> [SlackStateMachine.Action] {
            self.time += milliseconds
            return self.machine.handle(
                input, at: AdapterTime(monotonic: self.time, wall: 1_700_000_000_000 + self.time)
            )
            .filter { if case .log = $0 { false } else { true } }
        }

        /// Advances the time to the next deadline.
        mutating func wait() -> [SlackStateMachine.Action] {
            self.time = max(self.time, self.machine.deadline ?? self.time)
            return self.feed(.time)
        }
    }

    private static func connected() -> Stage {
        var stage = Stage()
        _ = stage.feed(.started)
        _ = stage.feed(.identified(Self.bot))
        _ = stage.feed(.opened(1))
        _ = stage.feed(.frame(1, .hello(connections: 1)))
        _ = stage.wait()
        _ = stage.feed(.opened(2))
        _ = stage.feed(.frame(2, .hello(connections: 2)))
        return stage
    }

    @Test("a socket is up after hello; then the second one is opened, at the allowed pace")
    func start() {
        var stage = Stage()
        expectEqual(stage.feed(.started), [.status(.connecting, detail: nil), .call(.identify)])
        expectEqual(stage.feed(.identified(Self.bot)), [.call(.open(1))])
        expectEqual(stage.feed(.opened(1)), [])
        expectEqual(stage.feed(.frame(1, .hello(connections: 1)), after: 100), [.status(.up, detail: nil), .catchUp])
        expectEqual(stage.machine.deadline, SlackStateMachine.openingInterval)
        expectEqual(stage.wait(), [.call(.open(2))])
        expectEqual(stage.feed(.opened(2)), [])
        expectEqual(stage.feed(.frame(2, .hello(connections: 2))), [])
        expectEqual(stage.machine.deadline, nil)
    }

    @Test("a socket without hello is closed")
    func noHello() {
        var stage = Stage()
        _ = stage.feed(.started)
        _ = stage.feed(.identified(Self.bot))
        _ = stage.feed(.opened(1))
        expectEqual(stage.machine.deadline, SlackStateMachine.greetingTime)
        expectEqual(
            stage.wait(),
            [
                .close(1), .status(.connecting, detail: "the connection to Slack ended: no hello within 15 s"),
            ])
        expectEqual(stage.wait(), [.call(.open(2))])
    }

    @Test(
        "before a socket is recycled, another is opened; the old one is read until its end",
        arguments: ["warning", "refresh_requested"])
    func refresh(reason: String) {
        var stage = Self.connected()
        expectEqual(stage.feed(.frame(1, .disconnect(reason: reason))), [.call(.open(3))])
        // A second request for the same socket changes nothing.
        expectEqual(stage.feed(.frame(1, .disconnect(reason: "refresh_requested"))), [])
        let envelope = SlackEnvelope(id: "e", kind: .events, payload: .null, attempt: 0, takesPayload: false)
        expectEqual(stage.feed(.frame(1, .envelope(envelope))), [.accept(1, envelope)])
        expectEqual(stage.feed(.opened(3)), [])
        expectEqual(stage.feed(.frame(3, .hello(connections: 3))), [])
        // Until Slack closes the socket, it may deliver events on it.
        expectEqual(stage.machine.deadline, stage.time + SlackStateMachine.leavingTime)
        expectEqual(stage.feed(.frame(1, .envelope(envelope)), after: 9_000), [.accept(1, envelope)])
        expectEqual(stage.wait(), [.close(1)])
        expectEqual(stage.feed(.ended(1, reason: "closed")), [])
        expectEqual(stage.machine.deadline, nil)
    }

    @Test("with too many sockets elsewhere, fewer are kept and none is retried at once")
    func tooMany() {
        var stage = Self.connected()
        expectEqual(stage.feed(.frame(2, .disconnect(reason: "too_many_websockets"))), [.close(2)])
        expectEqual(stage.machine.wanted, 1)
        expectEqual(stage.machine.deadline, nil)
        expectEqual(
            stage.feed(.frame(1, .disconnect(reason: "too_many_websockets"))),
            [
                .close(1), .status(.connecting, detail: "other hosts use all connections of this app"),
            ])
        #expect((stage.machine.deadline ?? 0) - stage.time >= 60_000)
        expectEqual(stage.wait(), [.call(.open(3))])
        _ = stage.feed(.opened(3))
        // Other hosts' sockets are still open, so one has to do; once they are closed, there are two again.
        expectEqual(stage.feed(.frame(3, .hello(connections: 10))), [.status(.up, detail: nil), .catchUp])
        expectEqual(stage.machine.wanted, 1)
        expectEqual(stage.feed(.frame(3, .disconnect(reason: "warning"))), [.call(.open(4))])
        _ = stage.feed(.opened(4))
        expectEqual(stage.feed(.frame(4, .hello(connections: 3)), after: 5_000), [.call(.open(5))])
    }

    @Test("Socket Mode turned off is a refusal, retried every ten minutes")
    func disabled() {
        var stage = Self.connected()
        let actions = stage.feed(.frame(1, .disconnect(reason: "link_disabled")))
        expectEqual(actions.prefix(2), [.close(1), .close(2)])
        expectEqual(actions.last, .status(.refused, detail: SlackStateMachine.isOff))
        expectEqual(stage.machine.deadline, stage.time + SlackStateMachine.refusalInterval)
        expectEqual(stage.wait(), [.call(.identify)])
    }

    @Test(
        "a wrong token is a refusal and does not cause a retry loop",
        arguments: ["invalid_auth", "account_inactive", "missing_scope"])
    func refused(code: String) {
        var stage = Stage()
        _ = stage.feed(.started)
        expectEqual(stage.feed(.failed(.identify, SlackFailure(code, "no"))), [.status(.refused, detail: "no")])
        expectEqual(stage.machine.deadline, SlackStateMachine.refusalInterval)
        expectEqual(stage.wait(), [.call(.identify)])
        expectEqual(stage.feed(.identified(Self.bot)), [.call(.open(1))])
    }

    @Test("failures back off, up to a minute; a longer Retry-After counts")
    func backoff() {
        var stage = Stage()
        _ = stage.feed(.started)
        var waits: [Int64] = []
        for _ in 0..<8 {
            _ = stage.feed(.failed(.identify, SlackFailure("http_502", "trouble")))
            waits.append((stage.machine.deadline ?? 0) - stage.time)
            expectEqual(stage.wait(), [.call(.identify)])
        }
        expectEqual(waits, [1_500, 3_000, 6_000, 12_000, 24_000, 45_000, 45_000, 45_000])
        _ = stage.feed(.failed(.identify, SlackFailure("ratelimited", "later", retryAfter: 90_000)))
        expectEqual((stage.machine.deadline ?? 0) - stage.time, 90_000)
    }

    @Test("Slack may ask for a pause before the next connection, but not for an hour")
    func longPause() {
        var stage = Stage()
        let failure = SlackFailure("ratelimited", "later", retryAfter: 3_600_000)
        _ = stage.feed(.started)
        _ = stage.feed(.failed(.identify, failure))
        expectEqual(stage.machine.deadline, stage.time + SlackPace.longestReadPause)
        expectEqual(stage.wait(), [.call(.identify)])
        expectEqual(stage.feed(.identified(Self.bot)), [.call(.open(1))])
        _ = stage.feed(.failed(.open(1), failure))
        expectEqual(stage.machine.deadline, stage.time + SlackPace.longestReadPause)
        expectEqual(stage.wait(), [.call(.open(2))])
    }

    @Test("a lost socket leaves the other; when both are lost, the state changes, and a long gap is caught up")
    func lost() {
        var stage = Self.connected()
        expectEqual(stage.feed(.ended(1, reason: "lost"), after: 60_000), [.call(.open(3))])
        expectEqual(
            stage.feed(.ended(2, reason: "lost")),
            [
                .status(.connecting, detail: "the connection to Slack ended: lost")
            ])
        _ = stage.feed(.failed(.open(3), SlackFailure("unreachable", "no network")))
        expectEqual(stage.wait(), [.call(.open(4))])
        _ = stage.feed(.opened(4))
        expectEqual(
            stage.feed(.frame(4, .hello(connections: 1)), after: 10_000),
            [.status(.up, detail: nil), .catchUp, .call(.open(5))])
    }

    @Test("a socket that always ends at once is reopened only at the allowed pace")
    func flapping() {
        var stage = Stage()
        _ = stage.feed(.started)
        _ = stage.feed(.identified(Self.bot))
        for link in 1...5 {
            _ = stage.feed(.opened(link))
            _ = stage.feed(.frame(link, .hello(connections: 1)))
            _ = stage.feed(.ended(link, reason: "lost"))
            expectEqual((stage.machine.deadline ?? 0) - stage.time, SlackStateMachine.openingInterval)
            expectEqual(stage.wait(), [.call(.open(link + 1))])
        }
    }

    @Test("after the stop, everything is closed and nothing is opened")
    func stop() {
        var stage = Self.connected()
        expectEqual(stage.feed(.stop), [.close(1), .close(2), .status(.down, detail: nil)])
        expectEqual(stage.machine.deadline, nil)
        expectEqual(stage.feed(.opened(9)), [.close(9)])
        expectEqual(stage.feed(.time), [])
    }

    @Test("over HTTP there is no socket, and the identity is checked regularly")
    func overHTTP() {
        var stage = Stage(isSocket: false)
        _ = stage.feed(.started)
        expectEqual(stage.feed(.identified(Self.bot)), [.status(.up, detail: nil), .catchUp])
        expectEqual(stage.machine.deadline, SlackStateMachine.checkInterval)
        expectEqual(stage.wait(), [.call(.identify)])
        expectEqual(
            stage.feed(.failed(.identify, SlackFailure("unreachable", "no network"))),
            [.status(.connecting, detail: "no network")])
    }

    @Test(
        "frames of every kind are parsed",
        arguments: [
            (#"{"type":"hello","num_connections":3}"#, SlackFrame.hello(connections: 3)),
            (#"{"type":"disconnect","reason":"warning"}"#, .disconnect(reason: "warning")),
            (
                #"{"envelope_id":"e1","type":"events_api","payload":{"a":1},"retry_attempt":2}"#,
                .envelope(SlackEnvelope(id: "e1", kind: .events, payload: ["a": 1], attempt: 2, takesPayload: false))
            ),
            (
                #"{"envelope_id":"e1","type":"future","payload":{}}"#,
                .envelope(SlackEnvelope(id: "e1", kind: nil, payload: [:], attempt: 0, takesPayload: false))
            ),
            (#"{"type":"x"}"#, .unknown("a frame of the type x")),
            ("no", .unknown("a frame that is not JSON or has no type")),
        ])
    func frames(text: String, expected: SlackFrame) {
        expectEqual(SlackFrame(text), expected)
    }
}
