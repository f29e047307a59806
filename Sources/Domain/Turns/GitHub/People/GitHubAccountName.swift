internal import Copilot
internal import HTTP
internal import HTTPClient
internal import JSON
internal import Models
internal import Primitives

/// Asks GitHub whose a token is: `GET {api_url}/user`.
struct GitHubAccountName: Sendable {
    enum Answer: Sendable, Equatable {
        case login(String)
        /// 401.
        case refused
        /// GitHub cannot be reached, or does not say.
        case unknown
    }

    let settings: SignInSettings
    let transport: any ModelTransport

    func answer(for token: Secret) async throws -> Answer {
        let headers: HTTPHeaders = [
            "Authorization": "Bearer \(token.reveal())", "Accept": "application/vnd.github+json",
            "X-GitHub-Api-Version": "2022-11-28", "User-Agent": self.settings.userAgent,
        ]
        do {
            let response = try await self.transport.send(
                TransportRequest(
                    .get, self.settings.apiURL.adding(path: "user"), headers: headers, idleTimeout: .seconds(15),
                    totalTimeout: .seconds(15)))
            let body = try await response.start(upTo: 256 << 10)
            if response.status == 401 { return .refused }
            guard response.status == 200, let login = (try? JSON.parse(body))?["login"]?.stringValue,
                Self.isName(login)
            else { return .unknown }
            return .login(login)
        } catch is HTTPClientError {
            return .unknown
        }
    }

    /// It appears in threads, so it must be nothing but a name.
    private static func isName(_ login: String) -> Bool {
        (1...100).contains(login.utf8.count)
            && login.allSatisfy { $0.isASCII && ($0.isLetter || $0.isNumber || "-_.[]".contains($0)) }
    }
}
