internal import Crypto
package import EventLoop
internal import Glibc
internal import Primitives
internal import Processes
internal import Sandbox

/// A session's shell without a jail: each command is a shell of the host's user in the workspace, as it would be in a
/// jail, and can do whatever that user can. For `serve --dangerously-run-commands-without-a-jail` only.
///
/// Only the directory and exported variables last from command to command; processes that a command leaves running end
/// with it.
@Net
package final class UnjailedShell: Shell {
    private let folder: String
    private let user: HostUser
    private let bash = Process.find("bash", in: ["/bin"])
    private var directory: String
    /// The exported variables; nil before the first command.
    private var variables: [String]?
    /// Of the one command that does not run beside others.
    private let turn = Slots(1)
    private var runs: [ObjectIdentifier: RunningCommand] = [:]
    private let ended = WaitList()

    /// Set in the environment of every process that a command starts, to find them later.
    private static let mark = "JETBRIDGE_COMMAND"

    /// - Parameter folder: The workspace, which exists.
    package nonisolated init(folder: String, user: HostUser) {
        // As the shell reports its directory.
        let real = realpath(folder, nil)
        self.folder = real.map { String(cString: $0) } ?? folder
        free(real)
        self.directory = self.folder
        self.user = user
    }

    @Net package func run(
        _ command: ShellCommand, output: @escaping @Sendable (ShellOutput) async throws -> Void
    ) async throws(JailFailure) -> ShellExit {
        try JailShell.check(command, limit: CommandVariables.longest - 1)
        let run = RunningCommand(command, output)
        self.runs[ObjectIdentifier(run)] = run
        defer {
            run.finish()
            self.runs[ObjectIdentifier(run)] = nil
            self.ended.wakeAll()
        }
        let result = await withTaskCancellationHandler {
            await self.result(of: command, run)
        } onCancel: {
            EventLoop.shared.runIfNeeded { run.stop(.stopped) }
        }
        return try result.get()
    }

    @Net package func end() async {
        for run in self.runs.values { run.stop(.stopped) }
        // Unstructured: what has been stopped is awaited even if the task is cancelled.
        await Task { while !self.runs.isEmpty { try? await self.ended.wait() } }.value
        self.reset()
    }

    private func result(of command: ShellCommand, _ run: RunningCommand) async -> Result<ShellExit, JailFailure> {
        do throws(JailFailure) {
            if command.place.isBeside { return .success(try await self.execute(command, run)) }
            do { try await self.turn.take() } catch { return .success(self.exit(.stopped, run, self.directory)) }
            defer { self.turn.give() }
            return .success(try await self.execute(command, run))
        } catch {
            return .failure(error)
        }
    }

    private func execute(_ command: ShellCommand, _ run: RunningCommand) async throws(JailFailure) -> ShellExit {
        guard run.stop == nil else { return self.exit(.stopped, run, self.directory) }
        let directory = command.place == .aside ? self.folder : self.directory
        let mark = Crypto.hex(Crypto.randomBytes(16))
        let (process, pipes) = try self.spawn(command, in: directory, mark: mark)
        defer { pipes.close() }
        run.begin()
        run.onStop = { process.signal(SIGKILL) }
        var ending: (status: ProcessStatus, report: [UInt8])?
        // Unstructured: a command that has begun is awaited to its end, even if the task is cancelled.
        Task {
            async let report = Self.report(process)
            // Throws only if this task is cancelled, which never happens.
            let status = (try? await process.exit()) ?? .exited(-1)
            await MarkedProcesses.kill("\(Self.mark)=\(mark)")
            ending = (status, await report)
            run.changed.signal()
        }
        await run.deliver(pipes) { ending != nil }
        if command.place == .persistent, let report = ending?.report,
            let state = UnjailedScript.state(report, isBash: self.bash != nil)
        {
            self.directory = state.directory
            self.variables = CommandVariables.kept(state.variables).filter { !$0.hasPrefix("\(Self.mark)=") }
        }
        let status: ShellExit.Status =
            if let stop = run.stop {
                stop
            } else {
                switch ending?.status {
                case .exited(let status): .exited(Int(status))
                case .killed(let signal): .signalled(Int(signal))
                case nil: .lost("its end is unknown")
                }
            }
        return self.exit(status, run, command.place == .persistent ? self.directory : directory)
    }

    private func spawn(
        _ command: ShellCommand, in directory: String, mark: String
    ) throws(JailFailure) -> (process: Process, pipes: CommandPipes) {
        let pipes: CommandPipes
        let remote: [Int32]
        do {
            (pipes, remote) = try CommandPipes.open(for: nil)
        } catch {
            throw JailFailure("the command cannot be started: \(error)")
        }
        defer { CommandPipes.close(remote) }
        var plan = ProcessPlan(
            self.bash ?? "/bin/sh",
            ["-c", UnjailedScript.text(isBash: self.bash != nil), self.bash == nil ? "sh" : "bash", command.text],
            directory: directory)
        plan.environment = self.environment(mark, command.place == .aside ? nil : self.variables)
        plan.standardOutput = .null
        plan.standardError = .null
        plan.extraOutputs = 1
        plan.passed = remote
        do throws(ProcessError) {
            return (try Process.spawn(plan), pipes)
        } catch {
            pipes.close()
            guard error.code == .badDirectory else { throw JailFailure("the command cannot be started: \(error)") }
            let lost = self.shown(directory)
            // Otherwise not even `cd` could run.
            self.directory = self.folder
            throw JailFailure("the directory \(lost) cannot be entered: the next command begins in the workspace")
        }
    }

    private func environment(_ mark: String, _ variables: [String]?) -> [String: String] {
        var environment = [
            "PATH": "/usr/local/bin:/usr/bin:/bin:/usr/local/sbin:/usr/sbin:/sbin", "HOME": self.user.home,
            "LANG": "C.UTF-8", "TERM": "dumb", "USER": self.user.name, "LOGNAME": self.user.name, "SHELL": "/bin/sh",
            // Otherwise git would find a repository that the data directory happens to be in.
            "GIT_CEILING_DIRECTORIES": self.folder.split(separator: "/", omittingEmptySubsequences: false).dropLast()
                .joined(separator: "/"),
        ]
        if let variables {
            environment = [:]
            for variable in variables {
                let parts = variable.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
                if parts.count == 2 { environment[String(parts[0])] = String(parts[1]) }
            }
        }
        environment[Self.mark] = mark
        return environment
    }

    /// The shell's report; the command itself can write there too, without limit.
    private static func report(_ process: Process) async -> [UInt8] {
        var bytes: [UInt8] = []
        while let piece = try? await process.extraOutputs[0].read() {
            if bytes.count + piece.count <= 4 << 20 { bytes += piece }
        }
        return bytes
    }

    private func reset() {
        self.directory = self.folder
        self.variables = nil
    }

    private func exit(_ status: ShellExit.Status, _ run: RunningCommand, _ directory: String) -> ShellExit {
        ShellExit(
            status: status, duration: run.begun.duration(to: .now), isShellLost: false,
            directory: self.shown(directory))
    }

    /// The path as in a jail, so that threads do not show the server's paths.
    private func shown(_ directory: String) -> String {
        if directory == self.folder { return JailPlan.workspace }
        guard directory.hasPrefix(self.folder + "/") else { return directory }
        return JailPlan.workspace + directory.dropFirst(self.folder.count)
    }
}

/// What the shell does with a command that runs without a jail, and what it reports about its state at its end.
enum UnjailedScript {
    /// Descriptor 3 takes the report, 4 and 5 are the output pipes. The command is the first argument, which it does not
    /// see. A command that replaces the shell (`exec`) or its trap makes no report.
    static func text(isBash: Bool) -> String {
        """
        exec >&4 2>&5 4>&- 5>&-
        trap '{ set +u; printf "%s\\0" "$PWD"; \(isBash ? ShellState.bashExports.replacing("'", with: "\"") : "export -p"); printf ".\\0"; } >&3' EXIT
        eval "shift; $1"
        """
    }

    /// The directory and the exported variables, each `NAME=VALUE`; nil for an incomplete report.
    static func state(_ report: [UInt8], isBash: Bool) -> (directory: String, variables: [String])? {
        let fields = report.split(separator: 0, omittingEmptySubsequences: false)
        guard fields.count >= 3, report.first == UInt8(ascii: "/"), fields[fields.count - 2].last == UInt8(ascii: "."),
            fields[fields.count - 1].isEmpty, fields[0].count < ShellState.directoryLimit
        else { return nil }
        return (
            String(decoding: fields[0], as: UTF8.self),
            ShellState.variables(fields[1..<fields.count - (isBash ? 2 : 1)], isBash: isBash)
        )
    }
}

/// The user that the host runs as.
package struct HostUser: Sendable, Equatable {
    package let name: String
    package let home: String

    package static func current() -> HostUser {
        var entry = passwd()
        var buffer = [CChar](repeating: 0, count: 16_384)
        var found: UnsafeMutablePointer<passwd>?
        guard getpwuid_r(geteuid(), &entry, &buffer, buffer.count, &found) == 0, found != nil,
            let name = entry.pw_name, let home = entry.pw_dir
        else { return HostUser(name: "\(geteuid())", home: "/") }
        return HostUser(name: String(cString: name), home: String(cString: home))
    }
}
