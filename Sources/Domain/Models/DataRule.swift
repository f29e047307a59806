package import Chat

/// Which models may get data of a class: the rule that every request of every turn passes in ``ModelRouter``.
package struct DataRule: Sendable {
    let classes: DataClasses
    /// Records a refusal in the audit. Of a request outside of a turn nobody knows what it has.
    let refused: @Sendable (_ turn: TurnRequest?, _ model: String, _ origins: Set<DataOrigin>) async -> Void

    package init(
        _ classes: DataClasses,
        refused: @escaping @Sendable (_ turn: TurnRequest?, _ model: String, _ origins: Set<DataOrigin>) async -> Void
    ) {
        self.classes = classes
        self.refused = refused
    }
}

extension ModelRouter.Source {
    /// Whether its models may get data of all these.
    fileprivate func permits(_ origins: Set<DataOrigin>) -> Bool {
        origins.allSatisfy { self.classes.contains($0.name) }
    }
}

extension ModelRouter {
    /// Whether a provider's models may get what the current turn's prompt has.
    func isPermitted(_ source: Source) -> Bool { self.isPermitted(source, for: TurnRequest.current) }

    private func isPermitted(_ source: Source, for turn: TurnRequest?) -> Bool {
        guard self.rule != nil else { return true }
        return turn.map { source.permits($0.origins) } ?? false
    }

    package func permit(_ model: String) async throws {
        guard self.rule != nil else { return }
        try await self.permit(self.found(model).source, as: model, for: TurnRequest.current)
    }

    /// Throws ``ModelError`` if a model of `source` may not get what the turn's prompt has, after the audit has it.
    func permit(_ source: Source, as model: String, for turn: TurnRequest?) async throws {
        guard let rule = self.rule, !self.isPermitted(source, for: turn) else { return }
        let missing: Set<DataOrigin> = turn.map { turn in turn.origins.filter { !source.permits([$0]) } } ?? []
        await rule.refused(turn, self.fullName(of: model), missing)
        throw ModelError(.classified, self.refusal(of: self.fullName(of: model), missing, turn, rule.classes))
    }

    private func refusal(
        of model: String, _ missing: Set<DataOrigin>, _ turn: TurnRequest?, _ classes: DataClasses
    ) -> String {
        guard let turn else {
            return "\(model) was not asked, because it is unknown which classes of data the request has."
        }
        let what = Set(missing.map { "\($0.repository)'s data is of class \($0.name)" }).sorted().joined(
            separator: " and ")
        let isFromElsewhere = !classes.mayEnter(turn.origins, threadOf: turn.repository)
        let without = isFromElsewhere ? "`new` begins without it" : nil
        let choices = self.sources.filter { source in source.permits(turn.origins) }.map {
            "`model \($0.fullName(of: $0.client.defaultModel))`"
        }
        let choice =
            choices.isEmpty ? nil : choices.joined(separator: " or ") + " chooses one that may"
        let advice = [choice, without].compactMap(\.self)
        return "\(what), which \(model) may not get: "
            + (advice.isEmpty
                ? "an owner has to name the class in `classes` of a model." : advice.joined(separator: "; ") + ".")
    }

    /// The rule for the data of a repository, nil for the default one, in a sentence; nil if that has no class.
    package func dataRule(for repository: String?) -> String? {
        guard let origin = self.rule?.classes.origin(of: repository) else { return nil }
        let models = self.sources.filter { $0.permits([origin]) }.map {
            "`\($0.fullName(of: $0.client.defaultModel))`"
        }
        let whom = models.isEmpty ? "no model" : "only models of the providers of " + models.joined(separator: " and ")
        return
            "The data of `\(origin.repository)` is of class `\(origin.name)`: it reaches \(whom), no extension, and no "
            + "thread of another repository."
    }
}
