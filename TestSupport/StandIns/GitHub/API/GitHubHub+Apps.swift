internal import Crypto
internal import EventLoop
internal import JSON

/// GitHub Apps: signatures and installations.
extension GitHubHub {
    /// The app that signed a JSON web token (RS256).
    func app(signed token: String) async throws(GitHubProblem) -> GitHubActor {
        let parts = token.split(separator: ".").map(String.init)
        let undecodable = GitHubProblem(401, "A JSON web token could not be decoded")
        guard let head = Self.decode(parts[0]).flatMap({ try? JSON.parse($0) }), head["alg"] == "RS256",
            let claims = Self.decode(parts[1]).flatMap({ try? JSON.parse($0) }), let signature = Self.decode(parts[2])
        else { throw undecodable }
        let issuer = claims["iss"]
        guard
            let app = self.apps.values.first(where: {
                issuer?.stringValue == $0.clientID
                    || (issuer?.intValue ?? issuer?.stringValue.flatMap { Int($0) }) == $0.id
            })
        else { throw GitHubProblem(404, "Integration not found") }
        guard let end = claims["exp"]?.intValue, Double(end) > self.now else {
            throw GitHubProblem(
                401,
                "'Expiration time' claim ('exp') must be a numeric value representing the future time at which the assertion expires"
            )
        }
        guard Double(end) <= self.now + 600 else {
            throw GitHubProblem(401, "'Expiration time' claim ('exp') is too far in the future")
        }
        guard let start = claims["iat"]?.intValue, Double(start) <= self.now else {
            throw GitHubProblem(
                401, "'Issued at' claim ('iat') must be an Integer representing the time that the assertion was issued")
        }
        guard await self.isSigned("\(parts[0]).\(parts[1])", signature, app.publicKey) else { throw undecodable }
        return GitHubActor(
            key: "app \(app.id)", login: app.bot,
            token: HubToken(app.bot, .installation(id: 0, permissions: [:], repositories: [])))
    }

    private static func decode(_ text: String) -> [UInt8]? {
        var base = text.replacing("-", with: "+").replacing("_", with: "/")
        while !base.utf8.count.isMultiple(of: 4) { base += "=" }
        return decodeBase64(base)
    }

    /// Asks `openssl`.
    private func isSigned(_ text: String, _ signature: [UInt8], _ key: String) async -> Bool {
        let script = """
            work=$(mktemp -d) && trap 'rm -rf "$work"' EXIT
            printf %s "$KEY" >"$work/key" && printf %s "$SIGNATURE" | openssl base64 -d -A >"$work/signature"
            openssl dgst -sha256 -verify "$work/key" -signature "$work/signature"
            """
        let environment = ["KEY": key, "SIGNATURE": base64(signature)]
        let output = try? await GitHubGit(path: self.folder).shell(
            script, input: Array(text.utf8), environment: environment)
        return output == "Verified OK"
    }

    private func app(_ call: GitHubCall) throws -> GitHubApp {
        guard let app = Int(call.actor.key.dropFirst(4)).flatMap({ self.apps[$0] }) else {
            throw GitHubProblem.notFound
        }
        return app
    }

    private func shape(_ installation: GitHubApp.Installation, of app: GitHubApp) -> JSON {
        [
            "id": JSON(installation.id), "account": self.shape(user: installation.account), "app_id": JSON(app.id),
            "app_slug": .string(app.slug), "repository_selection": "all",
            "access_tokens_url": .string("\(self.url)/app/installations/\(installation.id)/access_tokens"),
            "repositories_url": .string("\(self.url)/installation/repositories"),
            "html_url": .string("\(self.url)/settings/installations/\(installation.id)"), "events": [],
            "target_type": .string(self.user(installation.account).kind.rawValue),
            "permissions": Self.shape(installation.permissions), "suspended_at": .null,
        ]
    }

    private static func shape(_ permissions: [String: GitHubAccess]) -> JSON {
        .object(JSONObject(dictionary: permissions.mapValues { $0 >= .write ? "write" : "read" }))
    }

    /// The installation on a repository.
    func findInstallation(_ call: GitHubCall) throws -> GitHubReply {
        let app = try self.app(call)
        guard let repository = self.repository(call["owner"], call["repo"]),
            let found = app.installations.first(where: {
                $0.account.lowercased() == repository.owner.lowercased()
            })
        else { throw GitHubProblem.notFound }
        return GitHubReply(self.shape(found, of: app))
    }

    func createInstallationToken(_ call: GitHubCall) throws -> GitHubReply {
        let app = try self.app(call)
        let id = try call.number("installation_id")
        guard let found = app.installations.first(where: { $0.id == id }) else { throw GitHubProblem.notFound }
        var names: Set<String>?
        if let wanted = call.body["repositories"]?.arrayValue?.compactMap(\.stringValue) {
            let full = Set(wanted.map { "\(found.account)/\($0)" })
            guard full.allSatisfy({ self.repository($0) != nil }) else {
                throw GitHubProblem(
                    422,
                    "There is at least one repository that does not exist or is not accessible to the parent installation."
                )
            }
            names = full
        }
        var permissions = found.permissions
        // An empty object, which PyGithub sends, means all of them.
        if let wanted = call.body["permissions"]?.objectValue, !wanted.isEmpty {
            permissions = [:]
            for (name, level) in wanted {
                let level: GitHubAccess = level == "read" ? .read : .write
                guard found.permissions[name] ?? .none >= level else {
                    throw GitHubProblem(422, "The permissions requested are not granted to this installation.")
                }
                permissions[name] = level
            }
        }
        let end = (self.now + 3_600).rounded(.down)
        let text = "ghs_" + String(hex(sha256("\(id) \(self.nextID()) \(self.folder)")).prefix(36))
        self.tokens[text] = HubToken(
            app.bot, .installation(id: id, permissions: permissions, repositories: names), end: end)
        var shape: JSONObject = [
            "token": .string(text), "expires_at": Self.date(end), "permissions": Self.shape(permissions),
            "repository_selection": names == nil ? "all" : "selected",
        ]
        if let names {
            shape["repositories"] = .array(
                names.sorted().compactMap { self.repository($0) }.map { self.shape($0, for: call.actor) })
        }
        return GitHubReply(.object(shape), status: 201)
    }

    /// The repositories of an installation token.
    func listInstallationRepositories(_ call: GitHubCall) throws -> GitHubReply {
        guard case .installation(let id, _, let names) = call.actor.token.kind, id > 0 else {
            throw GitHubProblem(
                403,
                "You must authenticate with an installation access token in order to list repositories for an installation."
            )
        }
        let account = self.apps.values.lazy.flatMap(\.installations).first { $0.id == id }?.account
        let found = self.repositories.values.filter {
            $0.owner.lowercased() == account?.lowercased() && names?.contains($0.fullName) ?? true
        }.sorted { $0.fullName < $1.fullName }
        return self.page(found.map { self.shape($0, for: call.actor) }, call, wrapped: "repositories")
    }
}
