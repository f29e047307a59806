import Glibc
import JSON
import Lifecycle
import TestSupport
import Testing

@testable import Host
@testable import Jail

@Suite("Commands with and without a jail", .timeLimit(.minutes(2)))
struct CommandIsolationTests {
    @Test("without a jail, commands run as the host's user in the thread's workspace, and every place says so")
    func off() async throws {
        try await CommandScene.with(isolation: .none) { scene in
            let text = try await scene.run("id -u; pwd; echo a >file; mkdir d; cd d; export X=1; uname -n >/dev/null")
            #expect(text.contains("\(geteuid())\n\(scene.data)/workspaces/"), "\(text)")
            #expect(try await scene.run("echo $X; ls ..").contains("1\nd\nfile\n"))
            #expect(try await scene.answer(to: "/files").contains("file  2 B"))
            let user = HostUser.current().name
            let line = "off: commands run without a jail, as the user \(user) of the host's machine"
            #expect(try await scene.answer(to: "/status").contains("jail: \(line)"))
            try await expectEqual(scene.client.get("/readyz")["checks"]?["jail"]?.stringValue, line)
            let rows = try await scene.audit("command.started")
            #expect(rows.allSatisfy { $0["profile"]?.stringValue == "none" && $0["limits"]?.stringValue == "none" })
            expectEqual(rows.count, 2)
        }
    }

    @Test("without a jail, stopping ends the whole tree, and the host's stop ends what runs")
    func stop() async throws {
        let mark = "9\(UInt32.random(in: 10_000_000...99_999_999))"
        try await CommandScene.with(isolation: .none) { scene in
            let operation = try await scene.begin("setsid sleep \(mark) & echo ready >ready; sleep \(mark)")
            while access("\(scene.data)/workspaces", X_OK) != 0 || Processes.count(mark) < 2 {
                try await Task.sleep(for: .milliseconds(10))
            }
            _ = try await scene.client.send("/stop", to: scene.thread)
            try await expectEqual(scene.client.ended(operation)["state"]?.stringValue, "stopped")
            while Processes.count(mark) > 0 { try await Task.sleep(for: .milliseconds(10)) }
            _ = try await scene.run("setsid sleep \(mark) &")
        }
        while Processes.count(mark) > 0 { try await Task.sleep(for: .milliseconds(10)) }
    }

    @Test("doctor reports a serving host without a jail")
    func doctor() async throws {
        for isolation in [CommandIsolation.none, .jail] {
            try await CommandScene.with(isolation: isolation) { scene in
                let directory = try DataDirectory(path: scene.data)
                let finding = await JailProbing.servingFinding(in: directory, patience: .seconds(20))
                guard case .none = isolation else {
                    expectEqual(finding, nil)
                    return
                }
                expectEqual(finding?.state, .warning)
                expectEqual(finding?.detail.contains("--dangerously-run-commands-without-a-jail"), true)
            }
        }
    }

    @Test("without Bubblewrap, commands are refused: nothing falls back to running without a jail")
    func refused() async throws {
        let reason = "Bubblewrap is not installed; install the package bubblewrap"
        let missing = await JailMeans.probe { (_, _, _) async throws(JailFailure) in throw JailFailure(reason) }
        try await CommandScene.with(means: missing) { scene in
            let text = try await scene.run("echo hello >\(scene.data)/escaped")
            #expect(text.contains("Commands cannot run: Bubblewrap is not installed"), "\(text)")
            #expect(access("\(scene.data)/escaped", F_OK) != 0)
            #expect(try await scene.answer(to: "/status").contains("jail: Bubblewrap is not installed"))
            let check = try await scene.client.get("/readyz")["checks"]?["jail"]?.stringValue
            expectEqual(check, reason)
            #expect(try await scene.audit("command.started").isEmpty)
        }
    }

    @Test(
        "no configuration switches the jail off",
        arguments: [
            "jail: {enabled: false}", "jail: off", "jail: none", "jail: {mode: none}", "jail: {unsafe: true}",
            "jail: {dangerously_run_commands_without_a_jail: true}", "dangerously_run_commands_without_a_jail: true",
        ])
    func keys(_ text: String) {
        #expect(load(text).configuration == nil)
    }
}

private enum Processes {
    /// Running processes with a text in their command line; a zombie has none.
    static func count(_ mark: String) -> Int {
        guard let folder = opendir("/proc") else { return 0 }
        defer { closedir(folder) }
        var count = 0
        while let entry = readdir(folder) {
            let name = withUnsafePointer(to: &entry.pointee.d_name) { pointer in
                pointer.withMemoryRebound(to: CChar.self, capacity: 256) { String(cString: $0) }
            }
            let file = open("/proc/\(name)/cmdline", O_RDONLY | O_CLOEXEC)
            guard Int32(name) != nil, file >= 0 else { continue }
            defer { close(file) }
            var buffer = [UInt8](repeating: 0, count: 65_536)
            let size = read(file, &buffer, buffer.count)
            if String(decoding: buffer[..<max(0, size)], as: UTF8.self).contains(mark) { count += 1 }
        }
        return count
    }
}
