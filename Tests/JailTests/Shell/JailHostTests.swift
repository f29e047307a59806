import Glibc
import Jail
import Processes
import TestSupport
import Testing

@Suite("The end of the host", .timeLimit(.minutes(1)))
struct JailHostTests {
    private static let variable = "JETBRIDGE_TEST_JAIL_HOST"

    @Test("a host that is killed leaves no process and no mount")
    func killed() async throws {
        let mark = Survivors.mark()
        let folder = try TemporaryDirectory()
        let mounts = Survivors.mounts
        var plan = ProcessPlan(
            "/proc/self/exe",
            ["--testing-library", "swift-testing", "--no-parallel", "--filter", "JailHostTests/host"],
            environment: [Self.variable: "\(mark) \(folder.path)", "PATH": "/usr/bin:/bin"])
        plan.standardOutput = .null
        plan.standardError = .null
        let host = try await Process.spawn(plan)
        _ = try await Survivors.wait(mark, atLeast: 6)
        await host.signal(SIGKILL)
        _ = try await host.exit()
        JailBench.removePrograms(of: await host.id)
        try await Survivors.waitForNone(mark)
        expectEqual(Survivors.mounts, mounts)
    }

    /// The host of the test above; does nothing in an ordinary run.
    @Test("the host that is killed")
    func host() async throws {
        guard let words = getenv(Self.variable).map({ String(cString: $0).split(separator: " ") }) else { return }
        let mark = words[0]
        let bench = try await JailBench(in: String(words[1]))
        _ = try await bench.run("sleep \(mark) & setsid sleep \(mark) & (setsid sleep \(mark) &)")
        async let job = bench.run("setsid sleep \(mark) & sleep \(mark)", .background)
        _ = try await bench.run("setsid sleep \(mark) & sleep \(mark)")
        _ = try await job
    }
}
