internal import Agent
internal import Chat
internal import Extensions
internal import JSON
internal import Jail
internal import Logging
internal import Primitives
internal import Store
internal import Threads
internal import Work

extension AgentWorker {
    /// What a turn offers of extensions; nil for nothing. A store that can't be read makes the turn do without them.
    func offer(to persona: Persona, beside own: [ToolDefinition]) async -> ExtensionTurnOffer? {
        guard let desk = self.extensions, persona.tools.contains(Persona.extensions) else { return nil }
        do {
            let offer = ExtensionTurnOffer(try await desk.offered(), ours: own.count)
            return offer.tools.isEmpty ? nil : offer
        } catch {
            Logger(label: "extensions").warning(
                "the lists of extensions cannot be read", ["error": .string("\(error)")])
            return nil
        }
    }

    func asking(
        in thread: any TurnThread, of request: TurnRequest, _ pauses: TurnPauses, _ offer: ExtensionTurnOffer
    ) -> ExtensionAskingInTurn {
        let places = self.places
        return ExtensionAskingInTurn(
            request: request, thread: thread, pauses: pauses,
            isPrivate: { [store = self.store] in
                let found = try? await store.read { ledger in
                    try ledger.session(id: request.session).map {
                        try ledger.isOfOnePerson($0) && ledger.shares(of: $0.id, at: WallClock.now()).isEmpty
                    }
                }
                return found ?? false
            },
            workspace: { server in
                let files = offer.files(of: server)
                guard files != .none else { return nil }
                guard let place = try await places?(SessionPlace(of: request)) else {
                    throw ExtensionFailure(
                        .down,
                        "\(server) sees the files of the workspace (`files: \(files.rawValue)`), which is not possible "
                            + "on this host.")
                }
                return place
            })
    }
}
