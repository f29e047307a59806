package import Extensions
package import JSON
internal import Primitives

/// A server whose list and answers a test sets.
package final class FakeExtension: ExtensionCalling {
    package struct Call: Sendable, Equatable {
        package let name: String
        package let arguments: JSON

        package init(_ name: String, _ arguments: JSON) {
            self.name = name
            self.arguments = arguments
        }
    }

    private struct State {
        var offer: ExtensionOffer
        var failure: ExtensionFailure?
        var status = ExtensionStatus()
        var answers: [String: ExtensionResult] = [:]
        var calls: [Call] = []
        var offers = 0
        var stops = 0
        var change: (@Sendable () -> Void)?
    }

    package let settings: ExtensionSettings
    private let state: Protected<State>
    /// Called in the middle of each call.
    private let during: @Sendable (ExtensionCaller) async -> Void

    package init(
        _ settings: ExtensionSettings, offering offer: ExtensionOffer,
        during: @escaping @Sendable (ExtensionCaller) async -> Void = { _ in }
    ) {
        self.settings = settings
        self.state = Protected(State(offer: offer))
        self.during = during
    }

    package var calls: [Call] { self.state.withLock { $0.calls } }
    package var offers: Int { self.state.withLock { $0.offers } }
    package var stops: Int { self.state.withLock { $0.stops } }

    /// What it lists from now on; a running server says so.
    package func change(to offer: ExtensionOffer, isTold: Bool = true) {
        let change = self.state.withLock { state in
            state.offer = offer
            return state.change
        }
        if isTold { change?() }
    }

    package func fail(with failure: ExtensionFailure?) {
        self.state.withLock { state in
            state.failure = failure
            state.status.lastError = failure?.description
            state.status.state = .idle
        }
    }

    package func answer(_ tool: String, with result: ExtensionResult) {
        self.state.withLock { $0.answers[tool] = result }
    }

    package func setState(_ new: ExtensionStatus.State) { self.state.withLock { $0.status.state = new } }

    package func status() async -> ExtensionStatus { self.state.withLock { $0.status } }

    package func offer() async throws -> ExtensionOffer {
        try self.state.withLock { state in
            state.offers += 1
            if let failure = state.failure { throw failure }
            state.status.state = .running
            state.status.era = state.offer.era
            return state.offer
        }
    }

    package func onChange(_ body: @escaping @Sendable () -> Void) async { self.state.withLock { $0.change = body } }

    package func call(_ tool: String, _ arguments: JSON, for caller: ExtensionCaller) async throws -> ExtensionResult {
        try await self.perform(tool, arguments, caller)
    }

    package func prompt(
        _ name: String, _ arguments: [String: String], for caller: ExtensionCaller
    ) async throws -> ExtensionResult {
        try await self.perform(
            name, .object(JSONObject(dictionary: arguments.mapValues { .string($0) })), caller)
    }

    package func resources(for caller: ExtensionCaller) async throws -> [ExtensionResource] {
        [ExtensionResource(uri: "note://1", name: "first")]
    }

    package func read(_ uri: String, for caller: ExtensionCaller) async throws -> ExtensionResult {
        try await self.perform(uri, .null, caller)
    }

    private func perform(
        _ name: String, _ arguments: JSON, _ caller: ExtensionCaller
    ) async throws -> ExtensionResult {
        self.state.withLock { $0.calls.append(Call(name, arguments)) }
        await self.during(caller)
        return try self.state.withLock { state in
            if let failure = state.failure { throw failure }
            return state.answers[name] ?? ExtensionResult([.text("\(name) done")])
        }
    }

    package func stop() async {
        self.state.withLock { state in
            state.stops += 1
            state.status.state = .idle
        }
    }
}

extension ExtensionOffer {
    /// A list of tools with their descriptions, each with one text as argument.
    package static func tools(_ tools: (String, String)..., prompts: [ExtensionPrompt] = []) -> Self {
        Self(
            era: .modern, revision: "2026-07-28", server: "Fake 1.0",
            tools: tools.map { name, description in
                ExtensionTool(
                    name: name, description: description,
                    schema: [
                        "type": "object", "properties": ["text": ["type": "string"]], "required": ["text"],
                        "additionalProperties": false,
                    ])
            }, prompts: prompts)
    }
}
