internal import Copilot
internal import HTTP
internal import Logging

/// The doctor's checks of Copilot sign-ins: each source that has one, and whether GitHub issues a token.
enum SignInFindings {
    static func examine(_ configuration: Configuration) async throws -> [Finding] {
        let tightened = OpenTokenFile.tightened(in: SignInSetup.settings(for: configuration)).map(Self.finding)
        return tightened + (try await Self.signIns(configuration))
    }

    private static func finding(_ file: OpenTokenFile) -> Finding {
        if let error = file.error {
            return Finding(
                "sign-in", .failed, "other users can read \(file.path), and \(error); run: chmod 600 \(file.path)")
        }
        return Finding(
            "sign-in", .warning,
            "other users could read \(file.path); its mode is now 0600. If others use this machine, sign in again")
    }

    private static func signIns(_ configuration: Configuration) async throws -> [Finding] {
        let discovery = SignInSetup.discovery(for: configuration)
        guard configuration.providers.contains(where: { $0.provider == .copilot }) else {
            // No sign-in is needed; usable ones are listed anyway.
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
        let account = SignInSetup.account(
            for: configuration,
            logger: Logger(label: "copilot", output: LogOutput(level: .error, format: .text, sink: { _ in })))
        let finding: Finding
        do {
            let token = try await account.token()
            let plan = token.sku.map { ", plan \($0)" } ?? ""
            finding = Finding("copilot", .ok, "GitHub issues tokens for \(token.apiURL.host)\(plan)")
        } catch {
            finding = Finding("copilot", .failed, "\(error)")
        }
        await account.close()
        return finding
    }
}
