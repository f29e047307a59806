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
        var exchange = DeviceExchange(self.endpoints, clientID: self.clientID, clock: self.clock)
        while true {
            switch try await exchange.next() {
            case .code(let code): try await self.show(code)
            case .granted(let grant): return grant
            }
        }
    }
}
