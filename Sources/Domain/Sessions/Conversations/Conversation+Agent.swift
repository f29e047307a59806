internal import Chat

/// The commands about how the model works in a thread.
extension Conversation {
    func choosePersona(_ name: String, for stored: StoredMessage, sign: CommandSign) async throws -> Submission? {
        guard let agent = self.context.agent else {
            return try await self.reply(to: stored, with: AgentTexts.unavailable)
        }
        let personas = agent.personas()
        let standard = agent.defaultPersona()
        guard !name.isEmpty else {
            let chosen = try await self.storedSession()?.persona
            let current = personas.contains { $0.name == chosen } ? chosen ?? standard : standard
            return try await self.reply(
                to: stored, with: AgentTexts.personas(personas, current: current, default: standard, sign: sign))
        }
        guard personas.contains(where: { $0.name == name }) else {
            return try await self.reply(
                to: stored, with: AgentTexts.unknownPersona(name, among: personas.map(\.name), sign: sign))
        }
        let chosen = name == standard ? nil : name
        return try await self.reply(to: stored, with: AgentTexts.personaIsChosen(name)) { _, session in
            session.persona = chosen
        }
    }

    /// Passes a word to the running turn.
    func steer(_ text: String, for stored: StoredMessage, sign: CommandSign) async throws -> Submission? {
        guard !text.isEmpty else { return try await self.reply(to: stored, with: AgentTexts.steerUsage(sign)) }
        let session = self.running?.turn.session
        let author = stored.message.sender.displayName
        let isTaken = session.map { self.context.agent?.steer(text, author, $0) ?? false } ?? false
        return try await self.reply(
            to: stored, with: isTaken ? AgentTexts.steered : AgentTexts.nothingToSteer(sign))
    }

    func explain(
        _ argument: String, for stored: StoredMessage, as role: Role, sign: CommandSign
    ) async throws -> Submission? {
        guard let agent = self.context.agent else {
            return try await self.reply(to: stored, with: AgentTexts.unavailable)
        }
        let word = argument.prefix { !$0.isWhitespace }
        let command = argument.dropFirst(word.count).trimmed
        guard word == "explain", !command.isEmpty else {
            return try await self.reply(to: stored, with: AgentTexts.explainUsage(sign))
        }
        let session = try await self.storedSession()
        let text = agent.explain(command, role, session?.persona, session?.repository)
        return try await self.reply(to: stored, with: text)
    }
}
