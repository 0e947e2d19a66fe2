/**
 * Everything that is asked of GitHub. The keys are metric labels; `doing` begins error messages, `needs` is the permission
 * of a fine-grained token or an App that the call takes, for when GitHub does not name it itself.
 *
 * @see GitHub REST API 2022-11-28, "Permissions required for fine-grained personal access tokens"
 */
export const OPERATIONS = {
  "get-installation": { doing: "find the installation of the App for", needs: "metadata=read" },
  "create-installation-token": { doing: "log in to", needs: "metadata=read" },
  "list-installations": { doing: "list", needs: "metadata=read" },
  "list-repositories": { doing: "list", needs: "metadata=read" },
  "list-deliveries": { doing: "list the webhooks of", needs: "metadata=read" },
  redeliver: { doing: "have a webhook sent again of", needs: "metadata=read" },
  "get-hook": { doing: "read where webhooks go of", needs: "metadata=read" },
  "get-version": { doing: "ask for the version of", needs: "metadata=read" },
  "get-repository": { doing: "read", needs: "metadata=read" },
  "get-branch": { doing: "read a branch of", needs: "contents=read" },
  "compare-commits": { doing: "compare commits of", needs: "contents=read" },
  "get-commit": { doing: "read a commit of", needs: "contents=read" },
  "get-tree": { doing: "list the files of", needs: "contents=read" },
  "get-blob": { doing: "read a file of", needs: "contents=read" },
  "get-blobs": { doing: "read files of", needs: "contents=read" },
  "list-heads": { doing: "list branches of", needs: "contents=read" },
  "get-heads": { doing: "read a branch of", needs: "contents=read" },
  "create-tree": { doing: "write files to", needs: "contents=write" },
  "create-commit": { doing: "make a commit in", needs: "contents=write" },
  "create-ref": { doing: "make a branch in", needs: "contents=write" },
  "update-ref": { doing: "move a branch of", needs: "contents=write" },
  "list-pull-requests": { doing: "look for a pull request in", needs: "pull_requests=read" },
  "get-pull-request": { doing: "read a pull request of", needs: "pull_requests=read" },
  "create-pull-request": { doing: "open a pull request in", needs: "pull_requests=write" },
  "update-pull-request": { doing: "change a pull request of", needs: "pull_requests=write" },
  "list-labels": { doing: "read labels in", needs: "pull_requests=read" },
  "add-labels": { doing: "add labels in", needs: "pull_requests=write" },
  "remove-label": { doing: "remove a label in", needs: "pull_requests=write" },
  look: { doing: "look at", needs: "contents=read, pull_requests=read" },
  propose: { doing: "open a pull request in", needs: "contents=write, pull_requests=write" },
  "create-comment": { doing: "comment in", needs: "pull_requests=write" },
  "add-assignees": { doing: "assign people in", needs: "pull_requests=write" },
  "request-reviewers": { doing: "ask for a review in", needs: "pull_requests=write" },
  "list-milestones": { doing: "read milestones of", needs: "pull_requests=read" },
  "get-statuses": { doing: "read statuses in", needs: "statuses=read" },
  "create-status": { doing: "set a status in", needs: "statuses=write" },
  "list-comments": { doing: "read comments in", needs: "pull_requests=read" },
  "get-role": { doing: "ask for somebody's role in", needs: "metadata=read" },
  "delete-ref": { doing: "remove a branch of", needs: "contents=write" },
  "merge-pull-request": { doing: "merge a pull request of", needs: "contents=write" },
  "list-check-runs": { doing: "read checks of", needs: "checks=read" },
  "create-check-run": { doing: "set a check of", needs: "checks=write" },
  "update-check-run": { doing: "change a check of", needs: "checks=write" },
} as const satisfies Record<string, { readonly doing: string; readonly needs: string }>;

export type Operation = keyof typeof OPERATIONS;
