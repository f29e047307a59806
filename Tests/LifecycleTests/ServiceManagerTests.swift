import EventLoop
import Lifecycle
import TestSupport
import Testing

@Suite("The service manager", .timeLimit(.minutes(1)))
struct ServiceManagerTests {
    @Test("messages arrive as systemd reads them", arguments: [false, true])
    func messages(isAbstract: Bool) async throws {
        let systemd = try ManagerSocket(isAbstract: isAbstract)
        let manager = try #require(ServiceManager(environment: ["NOTIFY_SOCKET": systemd.name]))
        manager.tell(.ready, .status("Serving\n at last"))
        manager.tell(.reloading(at: LoopInstant(nanoseconds: 12_345_678)))
        manager.tell(.stopping)
        manager.tell(.alive)
        expectEqual(
            systemd.received(),
            [
                "READY=1\nSTATUS=Serving  at last", "RELOADING=1\nMONOTONIC_USEC=12345", "STOPPING=1", "WATCHDOG=1",
            ])
    }

    @Test(
        "there is no manager without a socket, or with one of another kind",
        arguments: [nil, "", "/", "relative", "vsock:2:1234", "/" + String(repeating: "x", count: 107)])
    func none(name: String?) {
        #expect(ServiceManager(environment: name.map { ["NOTIFY_SOCKET": $0] } ?? [:]) == nil)
    }

    @Test("a manager that has gone, or does not read, holds nothing up")
    func deaf() throws {
        let systemd = try ManagerSocket(isAbstract: false)
        let manager = try #require(ServiceManager(environment: ["NOTIFY_SOCKET": systemd.name]))
        for _ in 0..<2_000 { manager.tell(.alive) }
        #expect(!systemd.received().isEmpty)
        let gone = try #require(ServiceManager(environment: ["NOTIFY_SOCKET": "/nonexistent/notify"]))
        gone.tell(.ready)
    }

    @Test("signs of life are wanted by the process that the variables name")
    func patience() {
        func patience(_ variables: [String: String]) -> Duration? {
            ServiceManager(environment: variables.merging(["NOTIFY_SOCKET": "/x"]) { $1 }, pid: 7)?.patience
        }
        expectEqual(patience(["WATCHDOG_USEC": "1500000"]), .milliseconds(1_500))
        expectEqual(patience(["WATCHDOG_USEC": "1500000", "WATCHDOG_PID": "7"]), .milliseconds(1_500))
        expectEqual(patience(["WATCHDOG_USEC": "1500000", "WATCHDOG_PID": "8"]), nil)
        for value in ["", "0", "-5", "soon"] { expectEqual(patience(["WATCHDOG_USEC": value]), nil) }
        expectEqual(patience([:]), nil)
    }
}
