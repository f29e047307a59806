import JSON
import TestSupport
import Testing

@testable import Extensions

@Suite struct EraNegotiationTests {
    private static let modern: JSON = [
        "supportedVersions": ["2026-07-28"], "capabilities": ["tools": ["listChanged": true]],
        "_meta": ["io.modelcontextprotocol/serverInfo": ["name": "a", "version": "1"]],
    ]
    private static let legacy: JSON = ["protocolVersion": "2025-11-25", "serverInfo": ["name": "b"]]
    private static let wait = EraNegotiation.Action.wait(.seconds(10))

    private static func agreed(_ actions: [EraNegotiation.Action]) -> Agreement? {
        if case .agree(let agreement)? = actions.first { agreement } else { nil }
    }

    @Test func aModernServerIsKnownByItsAnswer() throws {
        var negotiation = EraNegotiation(patience: .seconds(10))
        expectEqual(negotiation.begin(), [.discover, Self.wait])
        let agreement = try #require(Self.agreed(negotiation.discovered(Self.modern)))
        expectEqual(agreement.era, .modern)
        expectEqual(agreement.revision, "2026-07-28")
        expectEqual(agreement.server, "a 1")
        expectEqual(agreement.notifies(of: "tools"), true)
        expectEqual(agreement.notifies(of: "prompts"), false)
        // Nothing follows any more.
        expectEqual(negotiation.silence(), [])
        expectEqual(negotiation.initialized(Self.legacy), [])
    }

    @Test(arguments: [-32_601, -32_602, -32_603, -32_022, -32_600, 0])
    func everyOtherAnswerToTheProbeMeansTheOldHandshake(_ code: Int) {
        var negotiation = EraNegotiation(patience: .seconds(10))
        _ = negotiation.begin()
        expectEqual(negotiation.refusedDiscovery(RPCError(code: code, message: "")), [.initialize])
        expectEqual(Self.agreed(negotiation.initialized(Self.legacy))?.era, .legacy)
    }

    @Test func onlyLegacyVersionsMeanTheOldHandshake() {
        var negotiation = EraNegotiation(patience: .seconds(10))
        _ = negotiation.begin()
        expectEqual(negotiation.discovered(["supportedVersions": ["2025-11-25"]]), [.initialize])
    }

    @Test func afterSilenceTheFirstAnswerCounts() {
        for answersProbe in [true, false] {
            var negotiation = EraNegotiation(patience: .seconds(10))
            _ = negotiation.begin()
            expectEqual(negotiation.silence(), [.initialize])
            let actions = answersProbe ? negotiation.discovered(Self.modern) : negotiation.initialized(Self.legacy)
            expectEqual(Self.agreed(actions)?.era, answersProbe ? .modern : .legacy)
        }
    }

    @Test func aServerThatIsLockedToTheModernEraIsAskedAgain() {
        var negotiation = EraNegotiation(patience: .seconds(10))
        _ = negotiation.begin()
        _ = negotiation.refusedDiscovery(RPCError(code: -32_603, message: ""))
        expectEqual(
            negotiation.refusedInitialization(RPCError(code: -32_022, message: "locked")), [.discover])
        expectEqual(Self.agreed(negotiation.discovered(Self.modern))?.era, .modern)
    }

    @Test func aLateProbeIsAwaitedWhenTheHandshakeIsRefused() {
        var negotiation = EraNegotiation(patience: .seconds(10))
        _ = negotiation.begin()
        _ = negotiation.silence()
        expectEqual(negotiation.refusedInitialization(RPCError(code: -32_022, message: "locked")), [])
        expectEqual(Self.agreed(negotiation.discovered(Self.modern))?.era, .modern)
    }

    @Test func whatIsKnownIsTriedFirst() {
        var negotiation = EraNegotiation(patience: .seconds(10))
        expectEqual(negotiation.begin(known: .legacy), [.initialize])
        // It was updated in between.
        expectEqual(negotiation.refusedInitialization(RPCError(code: -32_022, message: "")), [.discover])
        expectEqual(Self.agreed(negotiation.discovered(Self.modern))?.era, .modern)
    }

    @Test func aServerThatRefusesEverythingFailsWithItsWords() {
        var negotiation = EraNegotiation(patience: .seconds(10))
        _ = negotiation.begin()
        _ = negotiation.refusedDiscovery(RPCError(code: -32_022, message: "a"))
        expectEqual(negotiation.refusedInitialization(RPCError(code: -32_022, message: "b")), [.discover])
        expectEqual(
            negotiation.refusedDiscovery(RPCError(code: -32_022, message: "c")),
            [.fail("it answered server/discover with: c")])
    }

    @Test func anUnknownRevisionFails() {
        var negotiation = EraNegotiation(patience: .seconds(10))
        _ = negotiation.begin()
        _ = negotiation.refusedDiscovery(nil)
        expectEqual(
            negotiation.initialized(["protocolVersion": "1999-01-01"]), [.fail("it speaks the revision 1999-01-01")])
    }
}
