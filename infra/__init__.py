"""What runs the stages: embedded services, worker, admin, stand-in sites, the demo."""
