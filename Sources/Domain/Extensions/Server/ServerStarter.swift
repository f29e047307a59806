internal import EventLoop
internal import HTTPClient
internal import Jail
internal import Primitives

/// Starts a server once: its program in a jail, or a connection, and the agreement about the protocol.
@Net
struct ServerStarter {
    let settings: ExtensionSettings
    let jail: ServerJail
    let http: HTTPClient
    let signIn: (any ExtensionAuthorizing)?
    let mask: ServerMask
    /// How long it may be silent at the first question.
    let patience: Duration

    nonisolated init(
        settings: ExtensionSettings, jail: ServerJail, http: HTTPClient, signIn: (any ExtensionAuthorizing)?,
        mask: ServerMask, patience: Duration
    ) {
        self.settings = settings
        self.jail = jail
        self.http = http
        self.signIn = signIn
        self.mask = mask
        self.patience = patience
    }

    /// Throws ``ExtensionFailure`` with the end of the program's error output, or `CancellationError`.
    ///
    /// - Parameters:
    ///   - workspace: For the jail; its `onEnd` is called in any case.
    ///   - era: What the server spoke before.
    func start(_ workspace: JailPlace?, known era: ExtensionOffer.Era?) async throws -> ServerRun {
        let began = LoopInstant.current()
        let connection = try await self.connect(workspace)
        do {
            return try await self.agree(on: connection, known: era, began)
        } catch let failure as ExtensionFailure {
            let errors = self.errorOutput(of: connection)
            await connection.close()
            throw self.explained(failure, errors)
        } catch {
            await connection.close()
            throw error
        }
    }

    private func connect(_ workspace: JailPlace?) async throws -> any ServerConnection {
        switch self.settings.way {
        case .program(let command, let variables):
            let program = try await self.jail.start(command, variables, workspace: workspace)
            return StdioConnection(program, name: self.settings.name)
        case .remote(let address, let headers):
            return try HTTPConnection(
                to: address, headers: headers, over: self.http, name: self.settings.name,
                signIn: self.settings.maySignIn ? self.signIn : nil)
        }
    }

    private func agree(
        on connection: any ServerConnection, known era: ExtensionOffer.Era?, _ began: LoopInstant
    ) async throws -> ServerRun {
        let (settings, patience) = (self.settings, self.patience)
        let limit = settings.limits.start - began.duration(to: .current())
        let run = try await withDeadline(max(.zero, limit)) {
            try await ServerRun.start(on: connection, known: era, settings, patience: patience, began: began)
        }
        if let run { return run }
        try Task.checkCancellation()
        throw ExtensionFailure(
            .late, "\(settings.name) did not start within \(settings.limits.start.components.seconds) seconds.")
    }

    /// Why it did not start, with what the program wrote, and what its jail was refused meanwhile.
    private func explained(_ failure: ExtensionFailure, _ errors: String) -> ExtensionFailure {
        let isLost = failure.kind == .lost
        let lost =
            if case .program = self.settings.way { "ended at its start." } else {
                "broke off before anything was asked of it. Try again later."
            }
        let reason = isLost ? "\(self.settings.name) \(lost)" : failure.description
        let refused = self.jail.refusals.withLock { $0 }
        let likely =
            refused.isEmpty
            ? "" : " It was refused \(refused.joined(separator: ", ")): add what it needs to `network`."
        return ExtensionFailure(isLost ? .down : failure.kind, self.mask.text(reason + likely) + errors)
    }

    /// What a program wrote for people at last, as the end of a message; empty if nothing.
    func errorOutput(of connection: any ServerConnection) -> String {
        var lines = connection.errorOutput.trimmed[...]
        // The first line may be cut in the middle of a secret, which is then not known as one.
        if lines.utf8.count > 7 << 10, let end = lines.firstIndex(of: "\n") { lines = lines[end...].dropFirst() }
        let text = VisibleText.of(String(lines), lineBreaks: .normalized)
        return text.isEmpty ? "" : " It wrote:\n" + self.mask.text(text)
    }
}
