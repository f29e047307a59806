internal import HTTP
internal import JSON

/// The state and answers of ``LoopbackGitHub``, without a socket or a clock.
struct GitHubState {
    struct Account {
        var login: String
        /// Separated by spaces.
        var scope = "read:user"
    }

    struct Pending {
        var clientID: String
        var userCode: String
        var end: Double
        var interval: Double
        var lastPoll: Double
        /// The token to be issued; empty for a denial.
        var verdict: String?
        var scope: String
    }

    var settings: LoopbackGitHub.Settings
    var accounts: [String: Account] = [:]
    var refreshTokens: [String: String] = [:]
    var pending: [String: Pending] = [:]
    /// Exchanged tokens with their expiry times.
    var live: [String: Double] = [:]
    var exchanges: [LoopbackGitHub.Exchange] = []
    var made = 0
    /// Apps with which people sign in on a page.
    var webApps: [String: GitHubWebApp] = [:]
    /// Of the web flow.
    var codes: [String: GitHubWebApp.Code] = [:]
    /// Who is signed in at GitHub in the browser, and whether they are asked.
    var visitor = GitHubWebApp.Visitor.asked("octocat")

    mutating func next(_ prefix: String) -> String {
        self.made += 1
        let number = String(self.made)
        return prefix + String(repeating: "A", count: 36 - number.count) + number
    }

    // MARK: Device flow

    mutating func deviceCode(_ form: HTTPQuery, now: Double) -> GitHubReply {
        let clientID = form["client_id"] ?? ""
        if clientID.isEmpty || self.settings.clientIDs.map({ !$0.contains(clientID) }) == true {
            return GitHubReply(["error": "Not Found"], status: 404)
        }
        self.made += 1
        let deviceCode = String(repeating: "d", count: 36) + String(1_000 + self.made)
        let userCode = "ABCD-" + String(1_000 + self.made)
        self.pending[deviceCode] = Pending(
            clientID: clientID, userCode: userCode, end: now + self.settings.codeLife,
            interval: self.settings.interval, lastPoll: now,
            verdict: self.settings.approvesAtOnce ? self.newSignIn("octocat") : nil,
            scope: form["scope"].map { $0.replacing(",", with: " ") } ?? "read:user")
        return GitHubReply([
            "device_code": .string(deviceCode), "user_code": .string(userCode),
            "verification_uri": "https://github.com/login/device", "expires_in": JSON(Int(self.settings.codeLife)),
            "interval": JSON(Int(self.settings.interval)),
        ])
    }

    mutating func accessToken(_ form: HTTPQuery, now: Double) -> GitHubReply {
        switch form["grant_type"] {
        case "urn:ietf:params:oauth:grant-type:device_code": self.poll(form, now: now)
        case "refresh_token": self.renew(form)
        case nil, "authorization_code": self.redeem(form, now: now)
        default: Self.refusal("unsupported_grant_type", "The grant type is not supported.")
        }
    }

    private mutating func poll(_ form: HTTPQuery, now: Double) -> GitHubReply {
        guard let code = form["device_code"], var pending = self.pending[code] else {
            return Self.refusal("incorrect_device_code", "The device_code provided is not valid.")
        }
        guard pending.clientID == form["client_id"] else {
            return Self.refusal("incorrect_client_credentials", "The client_id passed is incorrect.")
        }
        guard now < pending.end else {
            return Self.refusal("expired_token", "This 'device_code' has expired.")
        }
        // Slightly below the interval, because the two sides' clocks differ.
        let isTooFast = now - pending.lastPoll < pending.interval - 0.05
        pending.lastPoll = now
        if isTooFast { pending.interval += 5 }
        self.pending[code] = pending
        if isTooFast {
            return Self.refusal(
                "slow_down", "Too many requests have been made in the same timeframe.",
                ["interval": JSON(Int(pending.interval))])
        }
        guard let verdict = pending.verdict else {
            return Self.refusal("authorization_pending", "The authorization request is still pending.")
        }
        self.pending[code] = nil
        guard !verdict.isEmpty else {
            return Self.refusal("access_denied", "The authorization request was denied.")
        }
        self.accounts[verdict]?.scope = pending.scope
        return self.grant(verdict)
    }

    private mutating func renew(_ form: HTTPQuery) -> GitHubReply {
        guard let old = form["refresh_token"].flatMap({ self.refreshTokens.removeValue(forKey: $0) }),
            let account = self.accounts.removeValue(forKey: old)
        else {
            return Self.refusal("bad_refresh_token", "The refresh token passed is incorrect or expired.")
        }
        let token = self.next("ghu_")
        self.accounts[token] = account
        return self.grant(token)
    }

    mutating func grant(_ token: String) -> GitHubReply {
        var body: JSONObject = JSONObject(members: [
            ("access_token", .string(token)), ("token_type", "bearer"),
            ("scope", .string(self.accounts[token].map { $0.scope.replacing(" ", with: ",") } ?? "")),
        ])
        if let life = self.settings.signInLife {
            let refreshToken = self.next("ghr_")
            self.refreshTokens[refreshToken] = token
            body["expires_in"] = JSON(Int(life))
            body["refresh_token"] = .string(refreshToken)
            body["refresh_token_expires_in"] = 15_897_600
        }
        return GitHubReply(.object(body))
    }

    /// A new token for an account.
    mutating func newSignIn(_ login: String) -> String {
        let token = self.next(self.settings.signInLife == nil ? "gho_" : "ghu_")
        self.accounts[token] = Account(login: login)
        return token
    }

    static func refusal(_ error: String, _ description: String, _ more: JSONObject = [:]) -> GitHubReply {
        var body: JSONObject = [
            "error": .string(error), "error_description": .string(description),
            "error_uri":
                "https://docs.github.com/developers/apps/authorizing-oauth-apps#error-codes-for-the-device-flow",
        ]
        body.merge(more)
        return GitHubReply(.object(body))
    }

    // MARK: Copilot

    private static let sku = "monthly_subscriber_quota"

    mutating func copilotToken(_ headers: HTTPHeaders, now: Double) -> GitHubReply {
        let (token, refusal) = self.account(headers)
        guard let token else { return refusal ?? Self.badCredentials }
        let end = now + self.settings.tokenLife
        self.made += 1
        let text =
            "tid=\(Self.hexNumber(self.made));exp=\(Int(end));sku=\(Self.sku);"
            + "proxy-ep=proxy.individual.githubcopilot.com;st=dotcom;chat=1;cit=1;malfil=1;editor_preview_features=1;"
            + "agent_mode=1;mcp=1;ccr=1;8kp=1;ip=127.0.0.1;asn=AS64500:\(Self.hexNumber(self.made * 7_919))"
        self.live[text] = end
        self.exchanges.append(LoopbackGitHub.Exchange(signIn: token, token: text, time: now))
        var body: JSON = [
            "token": .string(text), "refresh_in": JSON(Int(self.settings.refreshIn ?? self.settings.tokenLife * 5 / 6)),
            "sku": .string(Self.sku), "individual": true,
            "endpoints": [
                "api": .string(self.settings.apiURL), "origin-tracker": "https://origin-tracker.githubusercontent.com",
                "proxy": "https://proxy.individual.githubcopilot.com",
                "telemetry": "https://telemetry.individual.githubcopilot.com",
            ],
            "chat_enabled": true, "annotations_enabled": true, "code_quote_enabled": true, "codesearch": true,
            "copilotignore_enabled": false, "public_suggestions": "enabled", "telemetry": "disabled",
            "tracking_id": "0123456789abcdef", "limited_user_quotas": .null, "limited_user_reset_date": .null,
            "some_new_field": ["unknown": true],
        ]
        // Whole seconds, as in GitHub's answers, unless a test's token life has a fraction.
        if var object = body.objectValue {
            object["expires_at"] = end == end.rounded() ? JSON(Int(end)) : .number(end)
            body = .object(object)
        }
        return GitHubReply(body)
    }

    func copilotUser(_ headers: HTTPHeaders) -> GitHubReply {
        let (token, refusal) = self.account(headers)
        guard let token, let account = self.accounts[token] else { return refusal ?? Self.badCredentials }
        return GitHubReply([
            "login": .string(account.login), "access_type_sku": .string(Self.sku),
            "copilot_plan": "individual", "chat_enabled": true, "is_mcp_enabled": true,
            "can_signup_for_limited": false, "assigned_date": "2025-01-01T00:00:00Z",
            "analytics_tracking_id": "0123456789abcdef", "organization_login_list": [], "organization_list": [],
            "endpoints": ["api": .string(self.settings.apiURL)], "quota_reset_date": "2026-12-01",
            "quota_snapshots": [
                "chat": ["quota_id": "chat", "unlimited": true, "entitlement": -1, "percent_remaining": 100.0],
                "completions": ["quota_id": "completions", "unlimited": true, "entitlement": -1],
                "premium_interactions": [
                    "quota_id": "premium_interactions", "entitlement": 300, "remaining": 214, "quota_remaining": 214.5,
                    "percent_remaining": 71.5, "unlimited": false, "overage_count": 0, "overage_permitted": false,
                ],
            ],
        ])
    }

    /// The token's account, or the refusal.
    private func account(_ headers: HTTPHeaders) -> (String?, GitHubReply?) {
        if headers["user-agent"]?.isEmpty ?? true {
            return (nil, GitHubReply(["message": "Request forbidden by administrative rules."], status: 403))
        }
        let words = (headers["authorization"] ?? "").split(separator: " ").map(String.init)
        guard words.count == 2, ["token", "bearer"].contains(words[0].lowercased()),
            self.accounts[words[1]] != nil
        else { return (nil, nil) }
        if words[1].hasPrefix("github_pat_") || words[1].hasPrefix("ghp_") {
            return (nil, GitHubReply(["message": "Resource not accessible by personal access token"], status: 403))
        }
        return (words[1], nil)
    }

    private static var badCredentials: GitHubReply { GitHubReply(GitHubProblem.badCredentials) }

    private static func hexNumber(_ number: Int) -> String {
        let text = String(number, radix: 16)
        return String(repeating: "0", count: 32 - text.count) + text
    }
}
