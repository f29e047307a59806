package import Models

/// Performs the actions of ``DeviceFlow`` up to its next result, so that the wait for the person can happen elsewhere.
package struct DeviceExchange: Sendable {
    package enum Result: Sendable, Equatable {
        /// To be shown to the person; comes first, and once.
        case code(DeviceCode)
        /// The person has authorised the sign-in; comes last.
        case granted(DeviceGrant)
    }

    private let endpoints: DeviceEndpoints
    private let clientID: String
    private let clock: TurnClock
    private var flow = DeviceFlow()
    private var actions: [DeviceFlow.Action]

    package init(_ endpoints: DeviceEndpoints, clientID: String, clock: TurnClock = .continuous) {
        self.endpoints = endpoints
        self.clientID = clientID
        self.clock = clock
        self.actions = self.flow.handle(.begin, at: clock.now)
    }

    /// Throws ``ModelError``, or `CancellationError`.
    package mutating func next() async throws -> Result {
        while !self.actions.isEmpty {
            let action = self.actions.removeFirst()
            let input: DeviceFlow.Input
            switch action {
            case .requestCode: input = try await self.endpoints.requestCode(clientID: self.clientID)
            case .poll(let code): input = try await self.endpoints.poll(code, clientID: self.clientID)
            case .wait(let duration):
                try await self.clock.sleep(for: duration)
                input = .timer
            case .show(let code): return .code(code)
            case .finish(let grant): return .granted(grant)
            case .fail(let error): throw error
            }
            self.actions += self.flow.handle(input, at: self.clock.now)
        }
        throw ModelError(.invalidResponse, "the sign-in ended without a result; run 'jetbridge login' again.")
    }
}
