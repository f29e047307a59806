internal import JSON

/// The part of GitHub's GraphQL schema that the stand-in knows.
enum GitHubSchema {
    /// The fields of each type, with their types; lists and null are left out. `Connection` is any list that is always
    /// empty, whose nodes may be asked for anything.
    static let types: [String: [String: String]] = {
        var types: [String: [String: String]] = [:]
        for line in Self.text.split(separator: "\n") {
            let parts = line.split(separator: ":", maxSplits: 1)
            guard parts.count == 2 else { continue }
            for field in parts[1].split(separator: ",") {
                let words = field.split(separator: " ").map(String.init)
                guard let name = words.first else { continue }
                types[String(parts[0]), default: [:]][name] = words.count > 1 ? words[1] : "String"
            }
        }
        return types
    }()

    private static let text = """
        Query:viewer User,repository Repository
        Mutation:createCommitOnBranch CreateCommitOnBranchPayload,createPullRequest CreatePullRequestPayload
        CreateCommitOnBranchPayload:commit Commit
        CreatePullRequestPayload:pullRequest PullRequest
        User:login,id,name
        Repository:id,name,nameWithOwner,description,owner User,parent Repository,viewerPermission,hasIssuesEnabled,\
        hasWikiEnabled,mergeCommitAllowed,squashMergeAllowed,rebaseMergeAllowed,defaultBranchRef Ref,\
        pullRequest PullRequest,pullRequests PullRequestConnection
        Ref:name
        PageInfo:hasNextPage,endCursor
        Commit:oid,url,statusCheckRollup Rollup
        Rollup:contexts Connection
        PullRequestCommit:commit Commit
        PullRequestCommitConnection:totalCount,nodes PullRequestCommit
        PullRequestConnection:totalCount,nodes PullRequest,pageInfo PageInfo
        PullRequest:id,number,title,body,state,url,isDraft,isCrossRepository,headRefName,baseRefName,createdAt,\
        headRepository Repository,headRepositoryOwner User,author User,maintainerCanModify,mergeable,additions,\
        deletions,commits PullRequestCommitConnection,milestone Milestone,reactionGroups ReactionGroup,\
        labels Connection,assignees Connection,projectCards Connection,reviewRequests Connection,reviews Connection,\
        comments Connection
        Connection:totalCount,nodes Node,pageInfo PageInfo
        """

    /// The fields of the input objects; `!` for those that must be given.
    static let inputs: [String: [String: String]] = [
        "CreateCommitOnBranchInput": [
            "branch": "CommittableBranch!", "fileChanges": "FileChanges", "message": "CommitMessage!",
            "expectedHeadOid": "GitObjectID!",
        ],
        "CommittableBranch": ["id": "ID", "repositoryNameWithOwner": "String", "branchName": "String"],
        "CommitMessage": ["headline": "String!", "body": "String"],
        "FileChanges": ["additions": "[FileAddition!]", "deletions": "[FileDeletion!]"],
        "FileAddition": ["path": "String!", "contents": "Base64String!"],
        "FileDeletion": ["path": "String!"],
        "CreatePullRequestInput": [
            "repositoryId": "ID!", "baseRefName": "String!", "headRefName": "String!", "title": "String!",
            "body": "String", "draft": "Boolean", "maintainerCanModify": "Boolean",
        ],
    ]

    /// Checks a variable's value.
    static func check(_ value: JSON?, is type: String, variable: String) throws(GraphQLProblem) {
        guard let (path, why) = self.mistake(value ?? .null, type, []) else { return }
        throw GraphQLProblem(
            "Variable $\(variable) of type \(type) was provided invalid value for \(path.joined(separator: ".")) (\(why))"
        )
    }

    private static func mistake(_ value: JSON, _ type: String, _ path: [String]) -> ([String], String)? {
        var type = type
        if type.hasSuffix("!") {
            type.removeLast()
            if value.isNull { return (path, "Expected value to not be null") }
        }
        if value.isNull { return nil }
        if type.hasPrefix("[") {
            let inner = String(type.dropFirst().dropLast())
            guard let list = value.arrayValue else { return self.mistake(value, inner, path) }
            for (index, item) in list.enumerated() {
                if let mistake = self.mistake(item, inner, path + [String(index)]) { return mistake }
            }
            return nil
        }
        switch type {
        case "String", "ID", "GitObjectID", "Base64String":
            guard let text = value.stringValue ?? (type == "ID" ? value.intValue.map(String.init) : nil) else {
                return (path, "Could not coerce value \(value.text) to \(type)")
            }
            let isHexadecimal = text.utf8.count == 40 && text.allSatisfy(\.isHexDigit)
            if type == "GitObjectID", !isHexadecimal {
                return (path, "Could not coerce value \(value.text) to GitObjectID")
            }
            return nil
        case "Boolean": return value.boolValue == nil ? (path, "Could not coerce value \(value.text) to Boolean") : nil
        default: break
        }
        guard let fields = self.inputs[type] else { return nil }
        guard let object = value.objectValue else { return (path, "Expected \(value.text) to be a key-value object.") }
        for (key, _) in object where fields[key] == nil { return (path + [key], "Field is not defined on \(type)") }
        for (key, field) in fields.sorted(by: { $0.key < $1.key }) {
            if let mistake = self.mistake(object[key] ?? .null, field, path + [key]) { return mistake }
        }
        return nil
    }
}
