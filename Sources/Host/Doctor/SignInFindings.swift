internal import Copilot
internal import HTTP
internal import Logging

/// What `doctor` tells of Copilot sign-ins: each source that has one, and whether GitHub gives a token.
enum SignInFindings {
    static func examine(_ configuration: Configuration) async throws -> [Finding] {
        let discovery = SignInParts.discovery(for: configuration)
        guard configuration.model.provider == .copilot else {
            // Nobody needs one; what could be used is named all the same.
            return discovery.findings().filter(\.isUsable).map(Self.finding)
        }
        var found = discovery.findings()
        if let finding = try await discovery.commandLineFinding() { found.append(finding) }
        return found.map(Self.finding) + [await self.exchange(configuration)]
    }

    private static func finding(_ found: SignInFinding) -> Finding {
        let state: Finding.State =
            if found.problem != nil { found.isBinding ? .failed : .warning } else {
                found.warning == nil ? .ok : .warning
            }
        return Finding("sign-in", state, found.summary)
    }

    private static func exchange(_ configuration: Configuration) async -> Finding {
        let account = SignInParts.account(
            for: configuration,
            logger: Logger(label: "copilot", output: LogOutput(level: .error, format: .text, sink: { _ in })))
        let finding: Finding
        do {
            let token = try await account.token()
            let plan = token.sku.map { ", plan \($0)" } ?? ""
            finding = Finding("copilot", .ok, "GitHub gives tokens for \(token.apiURL.host)\(plan)")
        } catch {
            finding = Finding("copilot", .failed, "\(error)")
        }
        await account.close()
        return finding
    }
}
