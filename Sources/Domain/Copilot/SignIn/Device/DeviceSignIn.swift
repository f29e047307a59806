package import Models

/// Performs the actions of ``DeviceFlow``.
package struct DeviceSignIn: Sendable {
    private let endpoints: DeviceEndpoints
    private let clientID: String
    private let clock: TurnClock
    private let show: @Sendable (DeviceCode) async throws -> Void

    /// - Parameter show: called once, with the code that the person has to enter.
    package init(
        _ settings: SignInSettings, clientID: String, transport: any ModelTransport, clock: TurnClock = .continuous,
        show: @escaping @Sendable (DeviceCode) async throws -> Void
    ) {
        self.endpoints = DeviceEndpoints(settings: settings, transport: transport)
        self.clientID = clientID
        self.clock = clock
        self.show = show
    }

    /// Returns when the person has authorised it. Throws ``ModelError``, the error of `show`, or `CancellationError`.
    package func callAsFunction() async throws -> DeviceGrant {
        var flow = DeviceFlow()
        var actions = flow.handle(.begin, at: self.clock.now)
        while !actions.isEmpty {
            let action = actions.removeFirst()
            let input: DeviceFlow.Input
            switch action {
            case .requestCode: input = try await self.endpoints.requestCode(clientID: self.clientID)
            case .poll(let code): input = try await self.endpoints.poll(code, clientID: self.clientID)
            case .wait(let duration):
                try await self.clock.sleep(for: duration)
                input = .timer
            case .show(let code):
                try await self.show(code)
                continue
            case .finish(let grant): return grant
            case .fail(let error): throw error
            }
            actions += flow.handle(input, at: self.clock.now)
        }
        throw ModelError(.invalidResponse, "the sign-in ended without a result; run 'jetbridge login' again.")
    }
}
