internal import Chat
internal import Primitives

/// What became of a workspace that may have expired.
package enum WorkspaceRemoval: Sendable, Equatable {
    /// It is gone, or there was none.
    case removed
    /// It was opened since, or people use its session.
    case used
    /// It has expired; a clause says why it stays.
    case kept(String)
}

/// Whether a session needs its workspace.
package enum SessionUse: Sendable, Equatable {
    case idle
    /// Somebody wrote in it.
    case active
    /// A job runs.
    case working
    /// Somebody has deleted it, so nobody can reach what its workspace has.
    case deleted
}

extension Workspaces {
    /// Removes a session's workspace with its snapshots unless it was opened since `time` (milliseconds since 1970), is in
    /// use, or has unsaved work. That of a deleted session goes with its unsaved work.
    ///
    /// - Parameters:
    ///   - patience: How long an opening may take, for which other sessions' workspaces wait.
    ///   - use: Asked only if the workspace was not opened. After it says that the session is idle or deleted, no
    ///     process of its jail may be alive.
    package func remove(
        session: String, unusedSince time: Int64, patience: Duration = .seconds(5),
        use: @escaping @Sendable () async throws -> SessionUse
    ) async throws -> WorkspaceRemoval {
        try Self.check(session)
        let rest: Void? = try await withDeadline(patience) { () async throws(any Error) in
            _ = try await self.lastOpening(of: session)
        }
        guard rest != nil, self.opening[session]?.isEnded != false else { return .used }
        let before = self.opening[session]?.task
        // Unstructured, like openings: a cancelled caller leaves no half removed workspace.
        let removal = Task {
            let open = try? await before?.value
            return try await self.remove(session, unusedSince: time, open, use)
        }
        // Unstructured, in the same row as all openings: whoever opens the workspace from now on waits, and finds it or makes another.
        let next = Task { () async throws -> Workspace in
            guard try await removal.value != .removed, let before else {
                throw WorkspaceFailure("the workspace is not open")
            }
            return try await before.value
        }
        self.opening[session] = (next, false)
        let result = await removal.result
        if self.opening[session]?.task == next {
            self.opening[session]?.isEnded = true
            if before == nil || (try? result.get()) == .removed { self.opening[session] = nil }
        }
        return try result.get()
    }

    private func remove(
        _ session: String, unusedSince time: Int64, _ open: Workspace?, _ use: @Sendable () async throws -> SessionUse
    ) async throws -> WorkspaceRemoval {
        let layout = self.layout(session)
        let known = await layout.apart({ $0.readState() })
        guard known?.usedAt ?? .min < time else { return .used }
        switch try await use() {
        case .active: return .used
        case .working: return .kept("a job runs in it")
        case .deleted:
            try await Self.discard(layout.path, in: self.folder)
            // What was being stored while the session was deleted.
            if let epoch = known?.epoch { try await self.bundles?.forget(session, epoch) }
            return .removed
        case .idle: break
        }
        guard let state = known else { return .removed }
        let newest = try await self.bundles?.known(of: session).last
        // Another host has had the session since.
        if let newest, let epoch = state.epoch, epoch < newest.epoch {
            try await Self.discard(layout.path, in: self.folder)
            return .removed
        }
        let workspace = open ?? self.workspace(session, state)
        if let work = try await workspace.unsavedWork() {
            await workspace.rest()
            return .kept(work.reason)
        }
        try await Self.discard(layout.path, in: self.folder)
        if let epoch = state.epoch { try await self.bundles?.forget(session, epoch) }
        return .removed
    }
}
