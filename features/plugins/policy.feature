Feature: A policy says at which node each user belongs
  `5/2 0` is a cluster of two groups. Five users are at home on the first node of the first group and two on its second
  node; the second group is a single node without users. Users are served at home, and every node is available, unless
  it is said otherwise. The users' numbers rise and leave gaps.

  A tag is a promise (wit/policy.wit, `promise`): what bears tags is for policies that make one of these promises, what
  bears none is for every policy. The host checks every answer; one that it refuses has failed, whatever else is asked.

  Rule: A policy starts, and there is always an answer
    docs/plugins.md, "Limits" and "What is asked of an answer"

    Scenario: It starts
      When the policy is asked for its promise
      Then it gives one

    Scenario Outline: Nobody at all: <occasion>
      Given a cluster of 0/0 0/0 users
      When the policy is asked to <occasion>
      Then its answer is used

      Examples:
        | occasion  |
        | assign    |
        | rebalance |
        | take over |
        | give back |

    Scenario Outline: 20,000 users on five nodes: <occasion>
      Given a cluster of 9000/1000 5000/0 0 users
      And 5000 users without a home
      And node 1 of group 1 is not available
      When the policy is asked to <occasion>
      Then its answer is used

      Examples:
        | occasion  |
        | assign    |
        | rebalance |
        | take over |
        | give back |

    Scenario Outline: The largest weights and classes: <occasion>
      Given a cluster of 3/2 0/1 users
      And 4 users without a home
      And every user is of weight 4294967295 and class 4294967295
      When the policy is asked to <occasion>
      Then its answer is used

      Examples:
        | occasion  |
        | assign    |
        | rebalance |
        | take over |
        | give back |

  Rule: The same question has the same answer
    wit/policy.wit, interface `assignment`: a policy is pure

    Scenario Outline: It is asked twice: <occasion>
      Given a cluster of 5/2 3/4 0/1 users
      And 6 users without a home
      And node 1 of group 1 is not available
      When the policy is asked to <occasion>
      And it is asked the same again
      Then both answers are the same

      Examples:
        | occasion  |
        | assign    |
        | rebalance |
        | take over |
        | give back |

  Rule: Who has a home keeps it when homes are assigned
    wit/policy.wit, `occasion`, assign; docs/plugins.md, "What is asked of an answer"

    Scenario: New users come to a cluster that is anything but even
      Given a cluster of 9/0 1/0 0/2 users
      And 7 users without a home
      When the policy is asked to assign
      Then nobody who had a home has another one

    Scenario: Even users whose home is not available keep it
      Given a cluster of 4/1 0/0 users
      And 3 users without a home
      And node 1 of group 1 is not available
      When the policy is asked to assign
      Then nobody who had a home has another one

  @balanced @first-node @anywhere
  Rule: Who has no home is given one
    wit/policy.wit, `place`; docs/plugins.md, "What is asked of an answer"

    Scenario: New users all get a home
      Given a cluster of 2/1 users
      And 5 users without a home
      When the policy is asked to assign
      Then every user has a home

    Scenario: Nobody's new home is a node that is not available
      Given a cluster of 0/0 0/0 users
      And 9 users without a home
      And node 1 of group 1 is not available
      And node 2 of group 2 is not available
      When the policy is asked to assign
      Then every user has a home
      And every new home is available

    Scenario: A rebalance takes in those without a home, and leaves nodes that are not available
      Given a cluster of 4/1 2/2 users
      And 3 users without a home
      And node 2 of group 1 is not available
      When the policy is asked to rebalance
      Then every user has a home
      And every home is available

    Scenario: Where no node is available nobody gets a home
      Given a cluster of 2/1 0/0 users
      And 2 users without a home
      And no node is available
      When the policy is asked to assign
      Then nobody who had a home has another one
      And 2 users have no home

    Scenario: Where no node is available a rebalance moves nobody
      Given a cluster of 5/1 0/0 users
      And 2 users without a home
      And no node is available
      When the policy is asked to rebalance
      Then nobody who had a home has another one
      And 2 users have no home

  @balanced
  Rule: Balanced: every node has the same number of users, give or take one
    wit/policy.wit, `promise`, balanced; docs/behaviour.md §7

    Scenario Outline: New users for <before>: <count>
      Given a cluster of <before> users
      And <count> users without a home
      When the policy is asked to assign
      Then no node that was given a user has more than one above the emptiest

      Examples:
        | before      | count |
        | 0/0         | 1     |
        | 0/0         | 15001 |
        | 0/0 0/0 0/0 | 20    |
        | 5/2         | 3     |
        | 9/2         | 3     |
        | 4/0 1/0 0/2 | 8     |
        | 3 0/0       | 5     |

    Scenario: New users come while a node is not available
      Given a cluster of 3/0 1/1 users
      And 6 users without a home
      And node 2 of group 1 is not available
      When the policy is asked to assign
      Then no node that was given a user has more than one above the emptiest

    Scenario Outline: A rebalance of <before>
      Given a cluster of <before> users
      When the policy is asked to rebalance
      Then no two nodes differ by more than one user

      Examples:
        | before      |
        | 5/5         |
        | 10/0        |
        | 11/0        |
        | 0/7500      |
        | 9/0 1/1 0/0 |
        | 7 0/0 2     |

    Scenario: A rebalance while a node is not available
      Given a cluster of 8/3 0/2 users
      And node 1 of group 1 is not available
      When the policy is asked to rebalance
      Then no two nodes that are available differ by more than one user
      And every home is available

  @first-node
  Rule: First node: every home is the first node of a group
    wit/policy.wit, `promise`, first-node; docs/behaviour.md §7

    Scenario: New users come
      Given a cluster of 1/2 0/0 3 users
      And 7 users without a home
      When the policy is asked to assign
      Then every new home is the first node of a group

    Scenario: A rebalance
      Given a cluster of 3/2 0/4 0 users
      And 2 users without a home
      When the policy is asked to rebalance
      Then every home is the first node of a group

    Scenario: New users come while a first node is not available
      Given a cluster of 1/0 0/0 users
      And 4 users without a home
      And node 1 of group 1 is not available
      When the policy is asked to assign
      Then every new home is the first node of a group
      And every new home is available

    Scenario: Where no first node is available nobody gets a home
      Given a cluster of 1/1 0/0 users
      And 2 users without a home
      And node 1 of group 1 is not available
      And node 1 of group 2 is not available
      When the policy is asked to assign
      Then 2 users have no home

    Scenario: Where no first node is available a rebalance moves nobody
      Given a cluster of 1/1 0/2 users
      And 2 users without a home
      And node 1 of group 1 is not available
      And node 1 of group 2 is not available
      When the policy is asked to rebalance
      Then nobody who had a home has another one

  @unassigned
  Rule: Unassigned: nobody is given a home
    wit/policy.wit, `promise`, unassigned; docs/behaviour.md §7

    Scenario: New users come
      Given a cluster of 3/2 users
      And 4 users without a home
      When the policy is asked to assign
      Then nobody who had a home has another one
      And 4 users have no home

    Scenario: A rebalance takes every home away
      Given a cluster of 3/2 0/1 users
      And 4 users without a home
      When the policy is asked to rebalance
      Then 10 users have no home

  Rule: Who takes over is of the same group
    wit/policy.wit, `occasion`, take-over; docs/plugins.md, "What is asked of an answer"

    Scenario: A node is lost
      Given a cluster of 6/5 3/3 4/0 users
      And node 1 of group 1 is not available
      When the policy is asked to take over
      Then every user is served within the group of their home
      And nobody is served by a node that is not available
      And who was served by an available node is served there still

    Scenario: One node of each group is lost
      Given a cluster of 6/5 3/3 users
      And node 1 of group 1 is not available
      And node 2 of group 2 is not available
      When the policy is asked to take over
      Then every user is served within the group of their home
      And nobody is served by a node that is not available

    Scenario: A whole group is lost
      Given a cluster of 6/5 3/3 users
      And node 1 of group 1 is not available
      And node 2 of group 1 is not available
      When the policy is asked to take over
      Then 11 users are served by nobody
      And who was served by an available node is served there still

    Scenario: Every node is there
      Given a cluster of 6/5 0/3 users
      When the policy is asked to take over
      Then every user is served at home

    Scenario: Users without a home are served by nobody
      Given a cluster of 2/2 users
      And 3 users without a home
      And node 1 of group 1 is not available
      When the policy is asked to take over
      Then 3 users are served by nobody

  Rule: Whose home is back returns to it
    wit/policy.wit, `occasion`, give-back; docs/plugins.md, "What is asked of an answer"

    Scenario: A node is lost, and comes back
      Given a cluster of 6/5 3/3 4/0 users
      And node 1 of group 1 is not available
      When the policy is asked to take over
      And node 1 of group 1 is available again
      And the policy is asked to give back
      Then every user is served at home

    Scenario: Two nodes are lost, and one comes back
      Given a cluster of 6/5 3/3 users
      And node 1 of group 1 is not available
      And node 2 of group 2 is not available
      When the policy is asked to take over
      And node 2 of group 2 is available again
      And the policy is asked to give back
      Then everyone whose home is available is served there
      And every user is served within the group of their home
      And nobody is served by a node that is not available

    Scenario: A whole group is lost, and comes back
      Given a cluster of 6/5 3/3 users
      And node 1 of group 1 is not available
      And node 2 of group 1 is not available
      When the policy is asked to take over
      And node 1 of group 1 is available again
      And node 2 of group 1 is available again
      And the policy is asked to give back
      Then every user is served at home
