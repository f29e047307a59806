internal import CSystem
package import EventLoop
internal import Glibc
package import Primitives
internal import Processes

/// A running bwrap with our init as its PID 1.
///
/// When it ends, for whatever reason, no process of it is left: the kernel ends a namespace with its PID 1.
@Net
package final class SandboxProcess {
    /// A tree's events, in order. Not called after ``onEnd``.
    package var onTree: (@Net (UInt32, SandboxTreeEvent) -> Void)?
    /// The sandbox has ended; the value says why when it was not ``end()``. Called once.
    package var onEnd: (@Net (String?) -> Void)?
    package private(set) var isEnded = false

    private let process: Process
    private let launcher: String
    private let socket: InitSocket
    /// PID 1 of the jail: a descriptor, and its id outside of the jail.
    private var first: Int32 = -1
    private var firstID: Int32 = 0
    private var hello: UInt32?
    private var reason: String?
    private let changed = Wakeup()
    private var lastID: UInt32 = 0
    /// Leftovers that are being listed.
    private var listing: (trees: Set<UInt32>, task: Task<[JailedProcess], Never>)?

    // MARK: Start

    /// Starts the sandbox and returns when init answers.
    package static func start(_ plan: SandboxPlan, within limit: Duration) async throws(SandboxError) -> SandboxProcess
    {
        let sandbox = try self.spawn(plan)
        var isLate = false
        let timer = EventLoop.shared.schedule(after: limit) {
            isLate = true
            sandbox.changed.signal()
        }
        defer { timer.cancel() }
        while sandbox.hello == nil, !sandbox.isEnded, !isLate { await sandbox.changed.wait() }
        if let failure = await sandbox.failure(isLate: isLate) {
            await sandbox.end()
            throw SandboxError(failure)
        }
        return sandbox
    }

    private static func spawn(_ plan: SandboxPlan) throws(SandboxError) -> SandboxProcess {
        var descriptors = SandboxDescriptors()
        do {
            let arguments = try descriptors.open(plan)
            var child = ProcessPlan(plan.launcher, arguments)
            child.standardOutput = .null
            child.extraOutputs = 1
            child.passed = descriptors.passed
            let process = try Process.spawn(child)
            guard let control = descriptors.takeControl() else { throw SandboxError("the plan has no control socket") }
            return SandboxProcess(process, launcher: plan.launcher, try InitSocket(control))
        } catch {
            throw SandboxError("\(error)")
        }
    }

    private init(_ process: Process, launcher: String, _ socket: InitSocket) {
        self.process = process
        self.launcher = launcher
        self.socket = socket
        socket.onMessage = { [weak self] in self?.handle($0) }
        socket.onEnd = { [weak self] in self?.ended($0) }
    }

    /// Why the start failed; nil if it has not.
    private func failure(isLate: Bool) async -> String? {
        if let hello = self.hello {
            guard hello == InitFrame.version else {
                return "the jail's init is of another version: start the host again"
            }
            guard await self.openFirst() else { return "bwrap did not report the jail's first process" }
            return self.isEnded ? self.reason ?? "the jail ended at its start" : nil
        }
        if isLate { return "the jail did not start in time: the machine may be overloaded" }
        let status = await self.process.stop()
        let text = await self.errorText()
        return text.isEmpty ? "bwrap ended with \(status)" : text
    }

    /// Reads bwrap's status, which it writes before init runs, and opens the process that it names.
    private func openFirst() async -> Bool {
        var text = ""
        while let bytes = try? await self.process.extraOutputs[0].read() {
            text += String(decoding: bytes, as: UTF8.self)
            let digits = text.split(separator: "\"child-pid\":", maxSplits: 1).dropFirst().first?
                .drop { $0 == " " }.prefix { $0.isNumber }
            guard let digits, let id = Int32(digits) else { continue }
            self.first = csystem_pidfd_open(id)
            self.firstID = id
            return self.first >= 0
        }
        return false
    }

    private func errorText() async -> String {
        var bytes: [UInt8] = []
        while bytes.count < 4_096, let more = try? await self.process.errorOutput.read() { bytes += more }
        return String(decoding: bytes, as: UTF8.self).split(separator: "\n").joined(separator: "; ")
    }

    /// Its processes, seen from outside.
    package var processes: JailedProcesses { JailedProcesses(first: self.firstID) }

    /// What init listens on inside, if the plan asked for it; the caller owns it.
    package func takeListener() -> FileDescriptor? { self.socket.takeReceived() }

    /// Listens on ports inside, of which those below 1024 are closed to the jail's own processes. The sockets come in
    /// their order; the caller owns them.
    package func listen(on ports: [JailPort]) async throws(SandboxError) -> [Int32] {
        try await JailListeners.open(ports, launcher: self.launcher, process: self.firstID, self.first)
    }

    // MARK: Trees

    /// Asks init for a tree. Its descriptors are closed here once they have been sent.
    package func start(_ tree: SandboxTree, descriptors: [Int32]) -> UInt32 {
        self.lastID += 1
        self.socket.send(InitFrame.start(tree, id: self.lastID), descriptors)
        return self.lastID
    }

    /// Ends every process of a tree; its last event follows.
    package func kill(_ id: UInt32) {
        self.socket.send(InitFrame.kill(id))
    }

    /// The running processes of trees whose main ones have ended, oldest first. Calls that come while the same trees are
    /// being listed share the result.
    package func leftovers(of trees: Set<UInt32>) async -> [JailedProcess] {
        while !self.isEnded, self.firstID > 0 {
            if let listing = self.listing {
                let found = await listing.task.value
                if listing.trees == trees { return found }
                continue
            }
            let processes = self.processes
            // Unstructured: several wait for it, and none may cut it short.
            let task = Task { () -> [JailedProcess] in
                defer { self.listing = nil }
                return await LeftoverThread.shared.leftovers(of: trees, in: processes)
            }
            self.listing = (trees: trees, task: task)
        }
        return []
    }

    /// Kills one of them and its descendants. Returns false if it has ended.
    package func end(_ process: JailedProcess) async -> Bool {
        guard !self.isEnded else { return false }
        return await LeftoverThread.shared.end(process, in: self.processes)
    }

    private func handle(_ message: InitFrame.Message) {
        switch message {
        case .hello(let version):
            self.hello = version
            self.changed.signal()
        case .tree(let id, let event): self.onTree?(id, event)
        case .lost(let reason): self.reason = reason
        }
    }

    // MARK: End

    /// Kills the jail's first process, and with it every other one; ``onEnd`` follows.
    package func kill() {
        if self.first >= 0 { _ = csystem_pidfd_signal(self.first, SIGKILL) } else { self.process.signal(SIGKILL) }
    }

    /// Ends the sandbox and returns when it has no process left, even if the task is cancelled.
    package func end() async {
        self.kill()
        await self.process.stop()
        self.ended(nil)
        self.socket.close()
        if self.first >= 0 { _ = Glibc.close(self.first) }
        self.first = -1
    }

    private func ended(_ error: SandboxError?) {
        guard !self.isEnded else { return }
        self.isEnded = true
        // A malformed frame: init can no longer be trusted to end by itself.
        if error != nil { self.kill() }
        self.changed.signal()
        self.onTree = nil
        self.onEnd.take()?(error?.message ?? self.reason)
    }
}
