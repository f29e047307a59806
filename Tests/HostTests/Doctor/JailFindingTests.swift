import Jail
import Testing

@testable import Host

@Suite("What doctor says about the jail")
struct JailFindingTests {
    private static func ready(_ limits: String) -> JailStatus {
        .ready(bubblewrap: "0.8.0", limits: limits, quota: "measured")
    }

    @Test(
        "jail, limits maker and workspace quota are named; weak limits and no jail are warnings",
        arguments: [
            (
                Self.ready("cgroup v2"), [String](), Finding.State.ok,
                "Bubblewrap 0.8.0 holds; limits by cgroup v2, workspace quota 128 MiB (measured)"
            ),
            (
                Self.ready("rlimits"), ["no pids"], .warning,
                "Bubblewrap 0.8.0 holds; limits by rlimits, workspace quota 128 MiB (measured) (no pids); memory is limited "
                    + "for each process only, so delegate a control group: see docs/jail.md"
            ),
            (.unavailable("no namespaces"), [], .warning, "commands are refused: no namespaces"),
            (
                .off(user: "jet"), [], .warning,
                "off: commands run without a jail, as the user jet of the host's machine"
            ),
        ])
    func finding(status: JailStatus, shortcomings: [String], state: Finding.State, detail: String) {
        let finding = JailProbing.finding(status, shortcomings: shortcomings, quota: 128 << 20)
        #expect(finding.state == state && finding.detail == detail, "\(finding.detail)")
    }
}
