internal import Chat
internal import Primitives

/// The commands that run now and where sessions' shells are, and the output of those that ended last. What runs commands
/// and what their jails ask share it.
package final class RunningJobs: Sendable {
    private struct Key: Hashable {
        let session: String
        let id: String
    }

    private struct Entry {
        let output: JobOutput
        let isBackground: Bool
        /// Where people wait for it; nil if nobody does.
        let thread: (any TurnThread)?
        let cancel: @Sendable () -> Void
    }

    private struct State {
        var entries: [Key: Entry] = [:]
        /// Output of ended jobs, oldest first.
        var ended: [(key: Key, output: JobOutput)] = []
        /// Where the shells of sessions are, unless in the workspace's root.
        var directories: [String: String] = [:]
        var isClosing = false
    }

    /// Ended jobs whose output is kept.
    private static let endedLimit = 64

    private let state = Protected(State())

    package init() {}

    /// Adds a running job. False when the host is ending: then it must not run.
    func add(
        _ job: Job, _ output: JobOutput, in thread: (any TurnThread)?, cancel: @escaping @Sendable () -> Void
    ) -> Bool {
        self.state.withLock { state in
            guard !state.isClosing else { return false }
            state.entries[Key(session: job.session, id: job.id)] = Entry(
                output: output, isBackground: job.isBackground, thread: thread, cancel: cancel)
            return true
        }
    }

    func remove(_ job: Job, ending: String) {
        let key = Key(session: job.session, id: job.id)
        let output = self.state.withLock { state -> JobOutput? in
            guard let entry = state.entries.removeValue(forKey: key) else { return nil }
            state.ended.append((key, entry.output))
            if state.ended.count > Self.endedLimit { state.ended.removeFirst() }
            return entry.output
        }
        output?.end(ending)
    }

    func output(of id: String, in session: String) -> JobOutput? {
        let key = Key(session: session, id: id)
        return self.state.withLock { state in
            state.entries[key]?.output ?? state.ended.last { $0.key == key }?.output
        }
    }

    /// The ids of a session's background jobs, sorted.
    func background(of session: String) -> [String] {
        self.state.withLock { state in
            state.entries.filter { $0.key.session == session && $0.value.isBackground }.map(\.key.id).sorted()
        }
    }

    /// The thread of a session's command that people wait for.
    func thread(of session: String) -> (any TurnThread)? {
        self.state.withLock { state in
            state.entries.lazy.filter { $0.key.session == session }.compactMap(\.value.thread).first
        }
    }

    /// Where the session's shell is, as the jail sees it.
    func directory(of session: String) -> String {
        self.state.withLock { $0.directories[session] } ?? WorkbenchTexts.root
    }

    func setDirectory(_ directory: String, of session: String) {
        self.state.withLock { $0.directories[session] = directory == WorkbenchTexts.root ? nil : directory }
    }

    /// Ends a job and waits for it. False when it does not run.
    func end(_ id: String, of session: String) async -> Bool {
        let entry = self.state.withLock { $0.entries[Key(session: session, id: id)] }
        guard let entry else { return false }
        entry.cancel()
        await entry.output.ended()
        return true
    }

    /// The sessions in which jobs run.
    var sessions: Set<String> { self.state.withLock { Set($0.entries.keys.map(\.session)) } }

    /// Ends the jobs of some sessions, without waiting for them.
    func cancel(_ sessions: Set<String>) {
        let entries = self.state.withLock { state in
            for session in sessions { state.directories[session] = nil }
            return state.entries.filter { sessions.contains($0.key.session) }
        }
        for entry in entries.values { entry.cancel() }
    }

    /// Ends all jobs and lets no more begin.
    func endAll() async {
        let entries = self.state.withLock { state in
            state.isClosing = true
            return Array(state.entries.values)
        }
        for entry in entries { entry.cancel() }
        for entry in entries { await entry.output.ended() }
    }
}

extension JobOutput {
    /// Returns when the job has ended, or when the task is cancelled.
    fileprivate func ended() async {
        var position = 0
        while !Task.isCancelled {
            let progress = await self.progress(after: position, isWaiting: true)
            if progress.ending != nil { return }
            position = progress.position
        }
    }
}

/// Addresses that the configuration does not allow.
extension RunningJobs {
    /// Asks the thread of the session's running command whether it may reach an address. Without a command that people
    /// wait for there is nobody to ask, and the answer is no.
    package func mayReach(_ address: String, from session: String) async -> Bool {
        guard let thread = self.thread(of: session) else { return false }
        // The jail's network does not know which of its processes asks.
        let jobs = self.background(of: session)
        let request = ApprovalRequest(
            action: .reach, subject: address, directory: self.directory(of: session), tool: "network",
            approver: .requester, preview: jobs.isEmpty ? nil : WorkbenchTexts.mayBeJob(jobs))
        if case .approved? = try? await thread.approval(of: request) { return true }
        return false
    }
}
