import type { Permissions } from "./world.ts";

/**
 * What an installation must have been given for an operation, by the route; of several sets one is enough. What is not listed
 * needs `metadata: read`, which every installation has.
 */
export const NEEDS: Readonly<Record<string, readonly Permissions[]>> = {
  "GET /repos/{owner}/{repo}/branches/{branch}": [{ contents: "read" }],
  "GET /repos/{owner}/{repo}/compare/{basehead}": [{ contents: "read" }],
  "GET /repos/{owner}/{repo}/git/matching-refs/{ref}": [{ contents: "read" }],
  "GET /repos/{owner}/{repo}/git/ref/{ref}": [{ contents: "read" }],
  "POST /repos/{owner}/{repo}/git/refs": [{ contents: "write" }],
  "PATCH /repos/{owner}/{repo}/git/refs/{ref}": [{ contents: "write" }],
  "DELETE /repos/{owner}/{repo}/git/refs/{ref}": [{ contents: "write" }],
  "GET /repos/{owner}/{repo}/git/commits/{commit_sha}": [{ contents: "read" }],
  "POST /repos/{owner}/{repo}/git/commits": [{ contents: "write" }],
  "GET /repos/{owner}/{repo}/git/trees/{tree_sha}": [{ contents: "read" }],
  "POST /repos/{owner}/{repo}/git/trees": [{ contents: "write" }],
  "GET /repos/{owner}/{repo}/git/blobs/{file_sha}": [{ contents: "read" }],
  "POST /repos/{owner}/{repo}/git/blobs": [{ contents: "write" }],
  "GET /repos/{owner}/{repo}/pulls": [{ pull_requests: "read" }],
  "POST /repos/{owner}/{repo}/pulls": [{ pull_requests: "write" }],
  "GET /repos/{owner}/{repo}/pulls/{pull_number}": [{ pull_requests: "read" }],
  "PATCH /repos/{owner}/{repo}/pulls/{pull_number}": [{ pull_requests: "write" }],
  "PUT /repos/{owner}/{repo}/pulls/{pull_number}/merge": [{ contents: "write" }],
  "POST /repos/{owner}/{repo}/pulls/{pull_number}/requested_reviewers": [{ pull_requests: "write" }],
  "GET /repos/{owner}/{repo}/issues/{issue_number}/labels": [{ issues: "read" }, { pull_requests: "read" }],
  "POST /repos/{owner}/{repo}/issues/{issue_number}/labels": [
    { issues: "write" },
    { pull_requests: "write" },
  ],
  "DELETE /repos/{owner}/{repo}/issues/{issue_number}/labels/{name}": [
    { issues: "write" },
    { pull_requests: "write" },
  ],
  "POST /repos/{owner}/{repo}/labels": [{ issues: "write" }, { pull_requests: "write" }],
  "GET /repos/{owner}/{repo}/issues/{issue_number}/comments": [{ issues: "read" }, { pull_requests: "read" }],
  "POST /repos/{owner}/{repo}/issues/{issue_number}/comments": [
    { issues: "write" },
    { pull_requests: "write" },
  ],
  "POST /repos/{owner}/{repo}/statuses/{sha}": [{ statuses: "write" }],
  "GET /repos/{owner}/{repo}/commits/{ref}/status": [{ statuses: "read" }],
  "POST /repos/{owner}/{repo}/check-runs": [{ checks: "write" }],
  "PATCH /repos/{owner}/{repo}/check-runs/{check_run_number}": [{ checks: "write" }],
  "GET /repos/{owner}/{repo}/commits/{ref}/check-runs": [{ checks: "read" }],
  "PATCH /repos/{owner}/{repo}/issues/{issue_number}": [{ issues: "write" }, { pull_requests: "write" }],
  "POST /repos/{owner}/{repo}/issues/{issue_number}/assignees": [
    { issues: "write" },
    { pull_requests: "write" },
  ],
  "GET /repos/{owner}/{repo}/milestones": [{ issues: "read" }, { pull_requests: "read" }],
};
