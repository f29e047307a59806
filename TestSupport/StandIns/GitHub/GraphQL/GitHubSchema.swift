internal import JSON

/// The part of GitHub's GraphQL schema that the stand-in knows.
enum GitHubSchema {
    /// The fields of each type, with their types; lists and null are left out.
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

    static let interfaces: [String: Set<String>] = [
        "Actor": ["User", "Organization", "Bot"], "RepositoryOwner": ["User", "Organization"],
        "GitObject": ["Commit"], "Node": ["User", "Repository", "PullRequest", "Commit"],
    ]

    private static let text = """
        Query:viewer User,repository Repository,rateLimit RateLimit,node Node,user User,__type __Type,search SearchConnection
        Mutation:createCommitOnBranch CreateCommitOnBranchPayload,createPullRequest CreatePullRequestPayload,\
        convertPullRequestToDraft PullRequestPayload,markPullRequestReadyForReview PullRequestPayload
        __Type:name,fields __Field
        __Field:name
        CreateCommitOnBranchPayload:clientMutationId,commit Commit,ref Ref
        CreatePullRequestPayload:clientMutationId,pullRequest PullRequest
        PullRequestPayload:clientMutationId,pullRequest PullRequest
        User:login,id,databaseId,name,email,url,avatarUrl
        Organization:login,id,databaseId,name,url,avatarUrl
        Actor:login,id,url,avatarUrl,name
        RepositoryOwner:login,id,url,avatarUrl,name
        Bot:login,id,databaseId,url
        Node:id
        RateLimit:limit,cost,remaining,resetAt,used
        Repository:id,name,nameWithOwner,owner RepositoryOwner,url,description,homepageUrl,isPrivate,isFork,isArchived,\
        isEmpty,visibility,viewerPermission,viewerCanAdminister,hasIssuesEnabled,hasWikiEnabled,hasProjectsEnabled,\
        defaultBranchRef Ref,parent Repository,pullRequests PullRequestConnection,pullRequest PullRequest,\
        pushedAt,createdAt,updatedAt,sshUrl,ref Ref,refs RefConnection,object GitObject,mergeCommitAllowed,\
        squashMergeAllowed,rebaseMergeAllowed,databaseId,autoMergeAllowed,deleteBranchOnMerge,isTemplate,\
        forkCount,stargazerCount,issueTemplates IssueTemplate,pullRequestTemplates IssueTemplate,\
        issues IssueConnection,issueOrPullRequest PullRequest,visibility
        IssueTemplate:name,body,filename
        IssueConnection:totalCount,nodes PullRequest,edges Edge,pageInfo PageInfo
        SearchConnection:issueCount,nodes PullRequest,edges Edge,pageInfo PageInfo
        Ref:id,name,prefix,target Commit
        RefConnection:totalCount,nodes Ref,edges Edge,pageInfo PageInfo
        PageInfo:hasNextPage,endCursor,hasPreviousPage,startCursor
        GitObject:id,oid,abbreviatedOid,commitUrl
        Commit:id,oid,url,abbreviatedOid,commitUrl,message,messageHeadline,messageBody,author GitActor,\
        committer GitActor,authors GitActorConnection,committedDate,authoredDate,tree Tree,parents CommitConnection,\
        signature Signature,statusCheckRollup Rollup,additions,deletions,changedFilesIfAvailable
        Signature:isValid,state
        Tree:oid
        GitActor:name,email,date,user User
        GitActorConnection:nodes GitActor,totalCount
        CommitConnection:totalCount,nodes Commit,edges Edge,pageInfo PageInfo
        PullRequestCommit:commit Commit
        PullRequestCommitConnection:totalCount,nodes PullRequestCommit,edges Edge,pageInfo PageInfo
        Rollup:state,contexts ContextConnection
        ContextConnection:totalCount,nodes Context,pageInfo PageInfo
        PullRequestConnection:totalCount,nodes PullRequest,edges Edge,pageInfo PageInfo
        PullRequest:id,number,title,body,state,url,isDraft,isCrossRepository,headRefName,headRefOid,baseRefName,\
        baseRefOid,headRepository Repository,headRepositoryOwner RepositoryOwner,author Actor,createdAt,updatedAt,\
        closedAt,mergedAt,closed,merged,mergeable,mergeStateStatus,mergedBy Actor,mergeCommit Commit,\
        maintainerCanModify,commits PullRequestCommitConnection,comments CommentConnection,reviews ReviewConnection,\
        latestReviews ReviewConnection,files FileConnection,additions,deletions,changedFiles,reviewDecision,\
        labels LabelConnection,assignees UserConnection,milestone Milestone,projectCards CardConnection,\
        projectItems CardConnection,reactionGroups ReactionGroup,reviewRequests RequestConnection,\
        autoMergeRequest AutoMerge,potentialMergeCommit Commit,statusCheckRollup PullRequestCommitConnection
        Milestone:number,title,description,dueOn
        LabelConnection:nodes Label,totalCount
        Label:id,name,description,color
        UserConnection:nodes User,totalCount
        CardConnection:nodes Card,totalCount,pageInfo PageInfo
        RequestConnection:nodes Request,totalCount
        CommentConnection:nodes Comment,totalCount,pageInfo PageInfo
        ReviewConnection:nodes Review,totalCount,pageInfo PageInfo
        FileConnection:nodes File,totalCount,pageInfo PageInfo
        File:path,additions,deletions
        """

    /// The fields of the input objects; `!` for those that must be given.
    static let inputs: [String: [String: String]] = [
        "CreateCommitOnBranchInput": [
            "clientMutationId": "String", "branch": "CommittableBranch!", "fileChanges": "FileChanges",
            "message": "CommitMessage!", "expectedHeadOid": "GitObjectID!",
        ],
        "CommittableBranch": ["id": "ID", "repositoryNameWithOwner": "String", "branchName": "String"],
        "CommitMessage": ["headline": "String!", "body": "String"],
        "FileChanges": ["additions": "[FileAddition!]", "deletions": "[FileDeletion!]"],
        "FileAddition": ["path": "String!", "contents": "Base64String!"],
        "FileDeletion": ["path": "String!"],
        "CreatePullRequestInput": [
            "clientMutationId": "String", "repositoryId": "ID!", "baseRefName": "String!", "headRefName": "String!",
            "headRepositoryId": "ID", "title": "String!", "body": "String", "draft": "Boolean",
            "maintainerCanModify": "Boolean",
        ],
    ]

    /// Checks a variable's value.
    static func check(_ value: JSON?, is type: String, variable: String) throws(GraphQLProblem) {
        guard let (path, why) = self.mistake(value ?? .null, type, []) else { return }
        throw GraphQLProblem(
            "Variable $\(variable) of type \(type) was provided invalid value for \(path.joined(separator: ".")) (\(why))",
            extensions: [
                "value": value ?? .null,
                "problems": [["path": .array(path.map { .string($0) }), "explanation": .string(why)]],
            ])
    }

    /// Checks a value in the query's text.
    static func check(_ value: JSON, is type: String, inline place: [String]) throws(GraphQLProblem) {
        guard let (path, why) = self.mistake(value, type, []) else { return }
        throw GraphQLProblem(
            "Argument 'input' on Field '\(place.last ?? "")' has an invalid value (\(value.text)). Expected type '\(type)'. "
                + "\(path.joined(separator: ".")): \(why)",
            code: "argumentLiteralsIncompatible", path: place + ["input"] + path)
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
