package import Chat
package import Logging
package import Models
internal import Primitives

/// Works on a message with the model and tools, until the model answers without calling one, a limit is reached, or
/// nothing moves.
///
/// Each step is stored before the next begins, so a turn that breaks off can be resumed, and no call is run twice
/// without anybody's knowledge.
package final class AgentTurn: TurnWorker {
    package typealias Equip = @Sendable (TurnRequest, any TurnThread) async throws -> AgentEquipment

    private let client: any ModelClient
    private let catalog: ModelCatalog
    private let log: any StepLog
    private let steering: AgentSteering
    private let calibration: TokenCalibration
    private let maximumTries: Int
    private let answerLimit: AnswerLimit
    private let clock: ModelClock
    private let logger: Logger
    private let equip: Equip

    /// - Parameter equip: makes what a turn works with; called once for each turn, and again when it is resumed.
    package init(
        _ client: any ModelClient, catalog: ModelCatalog, log: any StepLog, steering: AgentSteering = AgentSteering(),
        calibration: TokenCalibration = TokenCalibration(), maximumTries: Int = RetryPolicy().maximumTries,
        answerLimit: AnswerLimit = AnswerLimit(), clock: ModelClock = .continuous, logger: Logger,
        equip: @escaping Equip
    ) {
        self.client = client
        self.catalog = catalog
        self.log = log
        self.steering = steering
        self.calibration = calibration
        self.maximumTries = maximumTries
        self.answerLimit = answerLimit
        self.clock = clock
        self.logger = logger
        self.equip = equip
    }

    package func refusal(of text: String) -> String? { self.chat(AgentTexts.data).refusal(of: text) }

    package func run(_ request: TurnRequest, in thread: any TurnThread) async throws -> TurnEnding {
        let run = self.run(
            of: request, in: thread, try await runApart { try await self.prepare(request, in: thread) })
        self.steering.open(request.session)
        defer { self.steering.close(request.session) }
        return try await run.run()
    }

    /// What a turn needs before its model is asked.
    private final class Prepared: Sendable {
        let equipment: AgentEquipment
        let models: ModelFallbacks
        /// The messages before the turn's own.
        let prefix: [ModelMessage]

        init(equipment: AgentEquipment, models: ModelFallbacks, prefix: [ModelMessage]) {
            self.equipment = equipment
            self.models = models
            self.prefix = prefix
        }
    }

    private func prepare(_ request: TurnRequest, in thread: any TurnThread) async throws -> Prepared {
        let equipment = try await self.equip(request, thread)
        let model = self.client.model(request.model, equipment.persona.model)
        if !equipment.tools.isEmpty { try self.checkTools(of: model) }
        var models = ModelFallbacks(
            model,
            others: self.client.fallbacks(after: model).filter { other in
                // The Copilot CLI works with tools of its own.
                equipment.tools.isEmpty
                    || self.catalog.assumed(other).supportsTools != false
                        && self.client.provider(of: other) != "copilot-cli"
            })
        let prefix = try await models.answer(reporting: { try await thread.report($0) }) { model in
            try await self.prefix(equipment, of: request, for: model, in: thread)
        }
        return Prepared(equipment: equipment, models: models, prefix: prefix)
    }

    /// The messages before the turn's own, as a model gets them. Throws ``ModelError`` if the model does not answer when
    /// it is to summarise the history.
    private func prefix(
        _ equipment: AgentEquipment, of request: TurnRequest, for model: String, in thread: any TurnThread
    ) async throws -> [ModelMessage] {
        let persona = equipment.persona
        let system = equipment.tools.isEmpty ? persona.prompt : persona.promptWithTools
        let isFallback = model != self.client.model(request.model, persona.model)
        var prefix = try await self.chat(system).opening(
            of: request, model: model, isFallback: isFallback, in: thread)
        Self.add(notes: equipment.notes, to: &prefix)
        return prefix
    }

    private func model(_ name: String) -> AgentModel {
        let info = self.catalog.assumed(name)
        return AgentModel(
            client: self.client, name: name, inputLimit: info.inputLimit, calibration: self.calibration,
            maximumTries: self.maximumTries, answerLimit: self.answerLimit,
            callsInParallel: info.supportsParallelCalls)
    }

    @inline(never)  // a turn that waits would have its memory
    private func run(
        of request: TurnRequest, in thread: any TurnThread, _ prepared: Prepared
    ) -> AgentRun {
        let equipment = prepared.equipment
        return AgentRun(
            request: request, thread: thread, equipment: equipment, prefix: prepared.prefix,
            model: self.model(prepared.models.model), models: prepared.models,
            log: self.log, steering: self.steering, clock: self.clock, logger: self.logger
        ) { name in
            (self.model(name), try await self.prefix(equipment, of: request, for: name, in: thread))
        }
    }

    private func chat(_ instructions: String) -> ChatTurn {
        ChatTurn(
            self.client, catalog: self.catalog, instructions: instructions, calibration: self.calibration,
            maximumTries: self.maximumTries, limit: self.answerLimit, logger: self.logger)
    }

    /// Refuses a model that is known to call no tools. Never waits for the list of models: a person waits for the answer.
    private func checkTools(of model: String) throws {
        let models = self.catalog.known
        guard models.first(where: { $0.id == model })?.supportsTools == false else { return }
        throw TurnFailure(
            "\(model) cannot call tools, which this work needs; choose \(Self.others(in: models)) with `model`.")
    }

    /// Up to three models that can work.
    private static func others(in models: [ModelInfo]) -> String {
        let others = models.filter { $0.supportsTools != false }.prefix(3).map { "`\($0.id)`" }
        return others.isEmpty ? "another" : "another (\(others.joined(separator: ", ")))"
    }

    /// What people are told once where a model that cannot work only talks.
    package static func notice(of model: String, in models: [ModelInfo]) -> String {
        "\(model) cannot call tools, so it only talks here. To have it read and change files, choose "
            + "\(Self.others(in: models)) with `model`."
    }

    /// Puts the project's notes before the first message of a person: they are data, with the rights of a message.
    private static func add(notes: String, to prefix: inout [ModelMessage]) {
        guard !notes.isEmpty else { return }
        let place = prefix.firstIndex { $0.role != .system } ?? prefix.endIndex
        if place < prefix.endIndex, prefix[place].role == .user {
            prefix[place] = ModelMessage(.user, notes).joined(with: prefix[place])
        } else {
            prefix.insert(ModelMessage(.user, notes), at: place)
        }
    }
}
