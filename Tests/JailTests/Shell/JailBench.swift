import EventLoop
import Glibc
import Jail
import Logging
import Primitives
import Sandbox
import TestSupport

/// A jail for tests: real bwrap, a workspace of its own, no limits but rlimits.
struct JailBench: Sendable {
    let shell: JailShell
    /// Nil where the caller removes the folder.
    let folder: TemporaryDirectory?
    let setup: JailSetup
    let place: JailPlace

    var workspace: String { self.place.mount.folder }

    /// As root the jail's processes run as this user.
    static let identity = geteuid() == 0 ? JailIdentity(user: 65_123, group: 65_123) : nil

    init(
        limits: JailLimits = JailLimits(), limiter: any JailLimiter = PlainLimiter(), network: JailSetup.Network? = nil,
        isMeasured: Bool = false, programs: JailPrograms? = nil, in given: String? = nil,
        onEnd: @escaping @Sendable () -> Void = {}
    ) async throws {
        let folder = given == nil ? try TemporaryDirectory() : nil
        let workspace = (given ?? folder?.path ?? "") + "/workspace"
        guard mkdir(workspace, 0o755) == 0 else { throw SystemError.last("mkdir") }
        if let identity = Self.identity { chown(workspace, identity.user, identity.group) }
        let setup = JailSetup(
            programs: try await Self.programs(programs), limits: limits, limiter: limiter,
            quota: isMeasured ? MeasuredQuota() : nil, seccomp: isMeasured ? try JailFilter.programs() : [],
            network: network, logger: Logger(label: "jail"))
        let place = JailPlace(
            mount: WorkspaceMount(folder: workspace), identity: Self.identity, disk: [workspace], onEnd: onEnd)
        self.folder = folder
        self.setup = setup
        self.place = place
        self.shell = JailShell(session: "test", setup: setup) { () throws(JailFailure) in place }
    }

    /// Runs `body`, and ends the jail whatever happens.
    static func with<Value>(
        limits: JailLimits = JailLimits(), limiter: any JailLimiter = PlainLimiter(),
        network: JailSetup.Network? = nil, isMeasured: Bool = false, programs: JailPrograms? = nil,
        onEnd: @escaping @Sendable () -> Void = {}, _ body: (JailBench) async throws -> Value
    ) async throws -> Value {
        let bench = try await JailBench(
            limits: limits, limiter: limiter, network: network, isMeasured: isMeasured,
            programs: programs, onEnd: onEnd)
        do {
            let value = try await body(bench)
            await bench.shell.end()
            return value
        } catch {
            await bench.shell.end()
            throw error
        }
    }

    /// Once for the process: a file that is written while another test starts a child could not be executed.
    private static let installed = Protected<JailPrograms?>(nil)

    @Net static func programs(_ given: JailPrograms? = nil) throws -> JailPrograms {
        if let given { return given }
        if let programs = self.installed.withLock({ $0 }) { return programs }
        let folder = "/tmp/jetbridge-jail-test.\(getpid())"
        let programs = try JailPrograms.install(in: folder)
        self.installed.withLock { $0 = programs }
        self.removeAtExit()
        return programs
    }

    nonisolated private static func removeAtExit() {
        atexit { JailBench.removePrograms(of: getpid()) }
    }

    /// For a test process that could not do it itself.
    nonisolated static func removePrograms(of process: Int32) {
        let folder = "/tmp/jetbridge-jail-test.\(process)"
        for name in JailPrograms.names { unlink("\(folder)/\(name)") }
        rmdir(folder)
    }

    // MARK: Commands

    struct Result: Sendable, Equatable {
        var status: ShellExit.Status
        var output: [UInt8] = []
        var errors: [UInt8] = []
        var isShellLost: Bool
        var isShellFresh = false
        var directory: String

        var text: String { String(decoding: self.output, as: UTF8.self) }
        var errorText: String { String(decoding: self.errors, as: UTF8.self) }
    }

    func run(
        _ text: String, _ place: ShellCommand.Place = .persistent, in directory: String? = nil,
        timeout: Duration? = .seconds(50), outputLimit: Int = 4 << 20
    ) async throws -> Result {
        try await self.shell.result(
            of: ShellCommand(
                text: text, place: place, directory: directory, timeout: timeout, outputLimit: outputLimit))
    }
}

extension Shell {
    /// What a command wrote, and how it ended.
    func result(of command: ShellCommand) async throws -> JailBench.Result {
        let collected = Protected((output: [UInt8](), errors: [UInt8]()))
        let exit = try await self.run(command) { piece in
            collected.withLock {
                if piece.stream == .standardOutput { $0.output += piece.bytes } else { $0.errors += piece.bytes }
            }
        }
        let (output, errors) = collected.withLock { $0 }
        return JailBench.Result(
            status: exit.status, output: output, errors: errors, isShellLost: exit.isShellLost,
            isShellFresh: exit.isShellFresh, directory: exit.directory)
    }
}

/// Only rlimits.
struct PlainLimiter: JailLimiter {
    let name = "rlimits"

    func prepare(_ id: String, _ limits: JailLimits) async throws(JailFailure) -> any JailGroup { Group() }

    struct Group: JailGroup {
        let entryFiles: [String] = []

        func waitForExcess() async throws -> String {
            try await Task.sleep(for: .seconds(3_600))
            return "memory"
        }

        func end() async {}
    }
}
