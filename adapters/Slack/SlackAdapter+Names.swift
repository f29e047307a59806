internal import Chat
internal import JSON
internal import Kit
internal import Primitives

/// Names of those who write, and of the people, channels and groups that are mentioned.
extension SlackAdapter {
    /// How long an event waits for names.
    static let namePatience = Duration.seconds(1)
    /// The most look-ups for an event or a thread.
    private static let lookUpLimit = 40

    /// Looks up the names of those among `ids` that were not looked up before, and returns all names that came in time.
    @discardableResult func names(
        of ids: [String], within patience: Duration = SlackAdapter.namePatience
    ) async -> [String: String] {
        let now = self.now.monotonic
        let unknown = self.state.withLock { $0.people.toLookUp(ids, at: now, limit: Self.lookUpLimit) }
        if !unknown.isEmpty || self.state.withLock({ $0.people.isLookingUp(ids) }) {
            let groups = unknown.filter(Self.isGroup)
            let answer: Void? = await withDeadline(patience) {
                await withTaskGroup(of: Void.self) { tasks in
                    if !groups.isEmpty {
                        tasks.addTask {
                            await self.lookUp(groups: groups)
                            self.endLookUp(of: groups)
                        }
                    }
                    for id in unknown where !Self.isGroup(id) {
                        tasks.addTask {
                            await self.lookUp(id)
                            self.endLookUp(of: [id])
                        }
                    }
                }
                await self.waitForLookUps(of: ids)
            }
            if answer == nil { self.state.withLock { $0.people.pauseLookUps(at: now) } }
        }
        return self.state.withLock { $0.people.names }
    }

    /// Returns when no other event looks up the name of one of `ids` any more.
    private func waitForLookUps(of ids: [String]) async {
        let ended = Signal()
        let key = ObjectIdentifier(ended)
        while true {
            let isPending = self.state.withLock { state in
                let isPending = !Task.isCancelled && state.people.isLookingUp(ids)
                state.lookUpWaiters[key] = isPending ? ended : nil
                return isPending
            }
            guard isPending else { return }
            await ended.wait()
        }
    }

    private func endLookUp(of ids: [String]) {
        let waiters = self.state.withLock { state in
            state.people.endLookUp(of: ids)
            return Array(state.lookUpWaiters.values)
        }
        for waiter in waiters { waiter.signal() }
    }

    private static func isGroup(_ id: String) -> Bool { id.hasPrefix("S") }

    private func lookUp(_ id: String) async {
        if id.hasPrefix("U") || id.hasPrefix("W") {
            await self.lookUp([id], by: .userInfo, ["user": .string(id)]) { answer in
                let person = answer["user"]
                return [(id, SlackReader.profileName(person?["profile"]) ?? person?["name"]?.stringValue)]
            }
        } else if id.hasPrefix("C") || id.hasPrefix("G") {
            await self.lookUp([id], by: .roomInfo, ["channel": .string(id)]) { answer in
                [(id, answer["channel"]?["name"]?.stringValue)]
            }
        }
    }

    /// Slack tells the groups only all at once.
    private func lookUp(groups: [String]) async {
        await self.lookUp(groups, by: .groups, [:]) { answer in
            (answer["usergroups"]?.arrayValue ?? []).prefix(1_000).compactMap { group in
                SlackReader.id(group["id"]).map { ($0, group["handle"]?.stringValue ?? group["name"]?.stringValue) }
            }
        }
    }

    private func lookUp(
        _ ids: [String], by method: SlackMethod, _ arguments: JSONObject,
        read: @Sendable (JSON) -> [(id: String, name: String?)]
    ) async {
        guard !self.state.withLock({ $0.missing.contains(method) }) else { return }
        do {
            let names = read(try await self.call(method, arguments, for: .decoration))
            self.state.withLock { state in
                for (id, name) in names { state.people.learn(name, of: id) }
            }
        } catch {
            let failure = error as? SlackFailure
            if let failure, failure.isMissingFeature { self.remember(missing: method, failure) }
            // Of a private channel that it is not in, the bot never learns the name.
            guard failure?.code != "channel_not_found" else { return }
            self.state.withLock { state in
                for id in ids { state.people.forgetLookUp(id) }
            }
        }
    }
}
