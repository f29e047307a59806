import Agent
import Testing

@Suite("What the gate says")
struct GateDecisionTests {
    @Test("Only what was allowed or approved may run")
    func mayRun() {
        #expect(GateDecision.allowed(rule: "reads").mayRun)
        #expect(GateDecision.approved(by: "alice", ask: nil).mayRun)
        #expect(!GateDecision.denied(reason: "not today").mayRun)
        #expect(!GateDecision.expired.mayRun)
    }
}
